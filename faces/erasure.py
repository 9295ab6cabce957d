"""What this app deletes when a consent ends, and tells the person who asks."""

from __future__ import annotations

from collections.abc import Iterator

from audit.log import Unit
from audit.say import Say
from consent.holdings import Holding
from consent.models import Consent, Subject
from faces.models import FaceTemplate


def template_destroy(unit: Unit, consent: Consent) -> None:
    """Delete the template under a consent, in the commit that ends it."""
    deleted, _ = FaceTemplate.objects.filter(live=consent.key).delete()
    if deleted:
        unit.event(
            "face.template.destroyed",
            purpose=consent.purpose,
            subject=consent.subject.pseudonym,
            consent=consent.granted_ref,
            rules=consent.rules.sha256,
        )


def template_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person that their template is held, and never show it."""
    for template in FaceTemplate.objects.filter(subject=subject):
        yield Holding(
            title=Say("人脸模板", "Face template"),
            value=Say(
                "128 个数字，已加密，只存在本售楼处的机器里；没有照片",
                "128 numbers, encrypted, on this sales center's machine only;"
                " no picture",
            ),
            purpose=template.purpose,
            since=template.enrolled_at,
        )
