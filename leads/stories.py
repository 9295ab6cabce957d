"""What happened with a person, in their own words: receipts and the diary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q

from audit import clock
from audit.say import Say
from audit.selectors import event_list, event_seq, event_seqs, subject_events
from consent.gate import EVERYBODY, FEW, ONE
from consent.models import Consent, Receipt, Subject, Use
from consent.purposes import Purpose
from consent.receipts import receipt_read
from consent.rules import notice
from consent.selectors import consent_barred, consents_of, grant_numbers
from leads.words import PURPOSES

STOPPED_SHOWN = timedelta(minutes=10)

TITLES: dict[str, Say] = {
    "notice.shown": Say("给您看了说明", "You were shown the notice"),
    "consent.granted": Say("您同意了", "You agreed"),
    "consent.refused": Say("您没有同意", "You did not agree"),
    "consent.withdrawn": Say("您停止了", "You stopped this"),
    "consent.expired": Say("到期了，自动停止", "It ended by itself"),
    "consent.restricted": Say("改了能不能使用", "Whether it may be used was changed"),
    "key.created": Say("为这一项做了一把钥匙", "A key was made for this alone"),
    "key.destroyed": Say("钥匙销毁了，再也打不开", "The key was destroyed, for good"),
    "gate.refused": Say("有一次使用被拒绝了", "A use was refused"),
    "use.abandoned": Say("一次拍摄没有完成，已作废", "A capture was left; void"),
    "capture.started": Say("摄像头步骤开始了", "The camera step began"),
    "capture.discarded": Say("画面丢掉了，没有保存", "Pictures dropped, none kept"),
    "face.enrolled": Say("人脸登记好了", "Your face was enrolled"),
    "face.compare.started": Say("开始比对一次人脸", "A face comparison began"),
    "face.compared": Say("比对了一次人脸", "Faces were compared once"),
    "face.template.destroyed": Say("人脸模板删除了", "The face template was deleted"),
    "contact.collected": Say("留下了称呼和手机号", "Name and number were kept"),
    "contact.viewed": Say("用到了称呼或手机号", "Name or number was used"),
    "contact.corrected": Say("改了称呼或手机号", "Name or number was corrected"),
    "contact.disclosed": Say("提供给了一个收取方", "Told to a recipient"),
    "contact.erased": Say("称呼和手机号删除了", "Name and number were deleted"),
    "receipt.issued": Say("给了您一份回执", "You were given a receipt"),
    "link.revoked": Say("通行码或链接作废了", "A pass or link was revoked"),
    "desk.override": Say("前台替您处理了一次", "The desk did something for you"),
    "referral.shown": Say("您出示了报备码", "You showed a referral code"),
    "referral.answered": Say("您回答了有没有人替您报备", "You said who announced you"),
    "request.opened": Say("您提了一个请求", "You asked for something"),
    "request.answered": Say("答复了您的请求", "Your request was answered"),
    "data.ended": Say("到期的资料删除了", "Data past their term were deleted"),
    "visit.recorded": Say("到访", "You came by"),
    "decision.made": Say("判定了这次到访属于谁", "The visit's channel was decided"),
    "decision.revised": Say("重新判定了一次到访属于谁", "A visit was decided anew"),
    "dispute.ruled": Say("由人裁定了一次到访属于谁", "A person ruled on a visit"),
}
"""The kinds of events that a person's diary can hold."""

_VERDICTS = {
    "match": Say("结果：对得上", "Result: match"),
    "ask": Say("结果：没有认准", "Result: not sure"),
    "no_match": Say("结果：对不上", "Result: no match"),
}
_COMPARED = {
    ONE: Say(
        "有人用您的通行码，比对时看过您的模板",
        "Somebody used your pass; your template was compared",
    ),
    FEW: Say(
        "有人报了和您一样的尾号，比对时看过您的模板",
        "Somebody gave the same digits; your template was compared",
    ),
    EVERYBODY: Say(
        "有人只用脸登记，最像您，问过是不是您",
        "Somebody checked in by face alone, looked most like you, and was asked",
    ),
}
_OUTCOMES = {
    "channel": Say("属于一个渠道", "For a channel"),
    "walk_in": Say("自然到访", "Walk-in"),
    "review": Say("还要由人来看", "For a person to decide"),
    "none": Say("没有判定", "Not decided"),
}
_LINKS = {
    "pass": Say("通行码", "The pass"),
    "page": Say("您的个人页链接", "The link to your own page"),
}
_BY_HAND = {
    "check_in": Say("前台替您登记了到访", "The desk recorded your visit"),
    "match": Say(
        "机器没认出您，前台替您登记了到访",
        "You were not recognised; the desk recorded your visit",
    ),
    "verified_by": Say(
        "听您报了号码，给了个人页的新链接", "You said your number; a new link was given"
    ),
}
_RESTRICTED = {
    "restricted": Say("只保存，不使用", "Kept, not used"),
    "lifted": Say("恢复使用", "May be used again"),
}
_VIEWED = {
    "arrival": Say("您到访时", "On your arrival"),
    "call_back": Say("为了给您回电", "To call you back"),
    "correction": Say("为了更正", "For a correction"),
    "digits": Say("有人报了和您一样的尾号", "Somebody gave the same last four digits"),
    "own_page": Say("您自己的页面打开时", "When your own page was opened"),
    "export": Say("为一次由两人批准的导出", "For an export that two people approved"),
}

DESTROYED: dict[str, Say] = {
    "contact.erased": Say("称呼和手机号", "Name and number"),
    "face.template.destroyed": Say("人脸模板", "Face template"),
    "key.destroyed": Say("这一项的钥匙", "The key of this purpose"),
}
"""What ending a consent destroyed, by the event that says so."""


def receipt_shown(*, receipt: Receipt, language: str) -> dict[str, Any]:
    """Return a receipt as a page shows it, in the reader's language."""
    told = receipt_read(receipt=receipt)
    titles = purpose_titles(sha256=told["rules"], language=language)
    return {
        "id": receipt.id,
        "number": told["number"],
        "choices": [
            {
                "purpose": choice["purpose"],
                "title": titles.get(choice["purpose"], choice["purpose"]),
                "granted": choice["event_state"] == "given",
                "until": clock.parse(choice["retention_period"])
                if "retention_period" in choice
                else None,
            }
            for choice in told["choices"]
        ],
        "rules_hash": told["rules"],
        "rules_label": told["rules_label"],
        "at": receipt.issued_at,
        "language": told["language"],
    }


def receipts_shown(*, subject: Subject, language: str) -> list[dict[str, Any]]:
    """Return a person's receipts, newest first."""
    rows = Receipt.objects.filter(subject=subject).order_by("-issued_at")
    return [receipt_shown(receipt=row, language=language) for row in rows]


def purpose_titles(*, sha256: str, language: str) -> dict[str, str]:
    """Return the titles of the purposes that a version of the rules publishes."""
    words = notice(sha256=sha256, language=language)
    return {row["id"]: row["title"] for row in words["purposes"]}


def diary(*, subject: Subject) -> list[dict[str, Any]]:
    """Return every event about a person, newest first."""
    widths = _widths(subject)
    events = subject_events(
        subject=subject.pseudonym, grants=grant_numbers(subject=subject)
    )
    return [
        {
            "at": clock.parse(event["at"]),
            "title": TITLES.get(event["type"], Say(event["type"], event["type"])),
            "detail": _detail(event, subject, widths),
            "purpose": event["purpose"],
            "clause": event["clause"],
            "seq": event["seq"],
        }
        for event in reversed(events)
    ]


def purposes_shown(*, subject: Subject, language: str) -> list[dict[str, Any]]:
    """Return each purpose a person was asked for, and where it stands.

    Of several consents for one purpose the latest counts; a live one before any other.
    """
    rows: dict[str, Consent] = {}
    for consent in consents_of(subject=subject):
        if consent.once:
            continue
        known = rows.get(consent.purpose)
        if known is None or not _live(known) or _live(consent):
            rows[consent.purpose] = consent
    titles: dict[str, str] = {}
    for sha256 in {consent.rules.sha256 for consent in rows.values()}:
        titles.update(purpose_titles(sha256=sha256, language=language))
    order = [purpose.value for purpose in Purpose]
    shown = [_shown(consent, titles) for consent in rows.values()]
    for name in _refused(subject) - set(rows):
        shown.append(
            {
                "purpose": name,
                "title": titles.get(name, name),
                "state": "refused",
                "until": None,
                "since": None,
                "can_stop": False,
                "barred": None,
            }
        )
    return sorted(shown, key=lambda row: order.index(row["purpose"]))


def stopped_lately(*, subject: Subject, language: str) -> list[dict[str, Any]]:
    """Return what a person stopped in the last minutes, and what was destroyed."""
    since = clock.now() - STOPPED_SHOWN
    ended = [
        consent
        for consent in consents_of(subject=subject)
        if consent.ended_at is not None and consent.ended_at > since
    ]
    if not ended:
        return []
    latest = max(consent.ended_at for consent in ended if consent.ended_at)
    return [
        {
            "title": purpose_titles(sha256=consent.rules.sha256, language=language).get(
                consent.purpose, consent.purpose
            ),
            "destroyed": destroyed_with(consents=[consent]),
        }
        for consent in ended
        if consent.ended_at and latest - consent.ended_at < timedelta(seconds=5)
    ]


def destroyed_with(*, consents: Iterable[Consent]) -> list[Say]:
    """Return what the log says was destroyed with consents."""
    found: list[Say] = []
    for consent in consents:
        number = event_seq(eid=consent.granted_event_id)
        events = event_list(consent=number)
        found += [DESTROYED[one["type"]] for one in events if one["type"] in DESTROYED]
    return found


def _refused(subject: Subject) -> set[str]:
    rows: Sequence[Receipt] = list(Receipt.objects.filter(subject=subject))
    return {
        choice["purpose"]
        for row in rows
        for choice in receipt_read(receipt=row)["choices"]
        if choice["event_state"] == "refused"
    }


def _live(consent: Consent) -> bool:
    return consent.state == "active" and consent.until > clock.now()


def _shown(consent: Consent, titles: dict[str, str]) -> dict[str, Any]:
    live = _live(consent)
    return {
        "purpose": consent.purpose,
        "title": titles.get(consent.purpose, consent.purpose),
        "state": "live" if live else "ended",
        "until": consent.until,
        "since": consent.granted_at if live else consent.ended_at,
        "can_stop": live,
        "barred": consent_barred(consent=consent) if live else None,
    }


def _widths(subject: Subject) -> dict[int, str]:
    """Return how widely others were compared with a person, by the starts' numbers."""
    named = Q()
    for consent in consents_of(subject=subject):
        named |= Q(candidates__contains=[str(consent.id)])
    if not named:
        return {}
    uses = dict(Use.objects.filter(named).values_list("start_event_id", "matching"))
    numbers = event_seqs(eids=list(uses))
    return {number: uses[eid] for eid, number in numbers.items()}


def _detail(
    event: dict[str, Any], subject: Subject, widths: dict[int, str]
) -> Say | None:
    data = event["data"]
    match event["type"]:
        case "face.compared":
            if event["subject"] != subject.pseudonym:
                # Somebody else stood there; whether they matched is theirs to know,
                # that this template was looked at is the person's own.
                if "gallery" in data:
                    return _COMPARED[EVERYBODY]
                return _COMPARED[widths.get(data["start"]) or FEW]
            return _VERDICTS.get(data["verdict"])
        case "decision.made" | "decision.revised" | "dispute.ruled":
            return _OUTCOMES.get(data["outcome"])
        case "contact.viewed":
            return _VIEWED.get(data["reason"])
        case "link.revoked":
            return _LINKS.get(data["link"])
        case "desk.override":
            return _BY_HAND.get(data["what"])
        case "consent.restricted":
            purpose = PURPOSES.get(event["purpose"], Say("", ""))
            state = _RESTRICTED[data["state"]]
            return Say(f"{purpose.zh}：{state.zh}", f"{purpose.en}: {state.en}")
        case kind if kind.startswith(("consent.", "key.")):
            return PURPOSES.get(event["purpose"] or "")
        case _:
            return None
