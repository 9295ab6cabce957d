"""Asking again after the rules changed: the only way back into use, by the person.

What was collected under the earlier version stays barred until they answer. A yes is a
new consent under the rules in force and lets what hangs on the old one go; a no is a
withdrawal. Nobody else answers, and nobody is pressed: the question waits on their own
page.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.drafts import VISITOR
from consent import journal
from consent.errors import ConsentRequired, NoticeChanged, PurposeStopped
from consent.models import Consent, Rules, Subject
from consent.purposes import FACE, Purpose
from consent.receipts import receipt_issue
from consent.rules import document
from consent.selectors import (
    assessment_live,
    consent_barred,
    consents_live,
    rules_get,
)
from consent.services.consents import consent_grant, consents_withdraw, key_destroy
from consent.showing import notice_show
from consent.stops import stop_share

SCREEN = "again"


@dataclass(frozen=True)
class Question:
    """What a person is asked again: the consent of before, and the rules in force."""

    before: Consent
    rules: Rules


def question_find(*, subject: Subject, purpose: str) -> Question | None:
    """Return the question that waits for a person, or None: there is none to ask.

    A purpose that the rules in force have no more, or a face without a current
    assessment, cannot be agreed to; it can only be stopped. What a guardian said yes
    to is not asked here either: this page cannot tell who answers, and a guardian
    declares themself on a page of their own, at a visit.
    """
    for consent in consents_live(subject=subject):
        if consent.purpose != purpose:
            continue
        if consent_barred(consent=consent) != "rules_changed":
            return None
        if consent.given_by == "guardian":
            return None
        rules = rules_get(site=consent.site)
        if purpose not in document(sha256=rules.sha256)["purposes"]:
            return None
        assessed = assessment_live(site=consent.site, purpose=purpose)
        if purpose in FACE and assessed is None:
            return None
        return Question(consent, rules)
    return None


def question_show(*, question: Question, language: str) -> None:
    """Tell the log that the question is shown from now on."""
    before = question.before
    with journal.unit(act=VISITOR, site=before.site) as unit:
        notice_show(
            unit=unit,
            rules=question.rules,
            language=language,
            surface="phone",
            screen=SCREEN,
            offered=[before.purpose],
        )


def question_answer(
    *, subject: Subject, purpose: Purpose, yes: bool, rules: str, language: str
) -> None:
    """Record the person's own answer.

    Args:
        subject: the person whose own page it is.
        purpose: which one was asked.
        yes: a new consent and receipt; a no withdraws the old one.
        rules: hash of the version that they were shown.
        language: in which.

    Raises:
        ConsentRequired: nothing is asked of them for this purpose.
        NoticeChanged: another version is in force since; show that one.
        PurposeStopped: the stop switch is on for it; it is asked again later.
    """
    if not yes:
        consents_withdraw(subject=subject, purposes=[purpose], act=VISITOR)
        return
    question = question_find(subject=subject, purpose=purpose)
    if question is None:
        raise ConsentRequired
    if question.rules.sha256 != rules:
        raise NoticeChanged
    site = question.before.site
    with journal.unit(act=VISITOR, site=site) as unit:
        # No version comes into force between this look and the commit.
        if stop_share(site=site, purpose=purpose) is not None:
            raise PurposeStopped
        if rules_get(site=site).sha256 != rules:
            raise NoticeChanged
        consent_grant(
            unit=unit,
            subject=subject,
            purpose=purpose,
            site=site,
            rules=question.rules,
            language=language,
        )
        receipt_issue(
            unit=unit,
            subject=subject,
            site=site,
            rules=question.rules,
            language=language,
            refused=[],
            surface="phone",
        )
    key_destroy(consent=question.before)
