"""What consent itself holds of a person: for their own page, and for exports."""

from __future__ import annotations

from collections.abc import Iterator

from audit.bundle import Scope
from audit.say import Say
from consent.holdings import Holding
from consent.models import (
    Disclosure,
    Guardianship,
    PageLink,
    Pass,
    Receipt,
    Site,
    Subject,
    Use,
    Walk,
)


def receipt_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell of the signed receipts; they stay as proof of what was agreed."""
    for receipt in Receipt.objects.filter(subject=subject):
        yield Holding(
            title=Say("同意回执", "Consent receipt"),
            value=Say(
                "您的选择，没有姓名、电话和人脸",
                "Your choices; no name, phone or face",
            ),
            purpose=None,
            since=receipt.issued_at,
        )


def guardian_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell of what a guardian declared when they consented for a child."""
    words = {
        "parent": Say("父亲或母亲", "A parent"),
        "guardian": Say("其他监护人", "Another guardian"),
    }
    for said in Guardianship.objects.select_related("consent").filter(
        consent__subject=subject
    ):
        yield Holding(
            title=Say("替孩子作决定的人", "Who decided for the child"),
            value=words[said.relation],
            purpose=said.consent.purpose,
            since=said.declared_at,
        )


def guardians_count(site: Site | None = None) -> int:
    """Return how many live consents hang on a guardian's word, at a site or everywhere.

    Once the consent ended, the record of it stays as evidence and is not counted.
    """
    kept = Guardianship.objects.filter(consent__state="active")
    return (kept if site is None else kept.filter(consent__site=site)).count()


def receipts_lines(scope: Scope) -> Iterator[bytes]:
    """Yield the receipts whose event lies in an export's range, as they were signed."""
    receipts = Receipt.objects.filter(
        issued_event__log=scope.log,
        issued_event__seq__gte=scope.first,
        issued_event__seq__lte=scope.last,
    )
    if scope.sites is not None:
        receipts = receipts.filter(site__code__in=scope.sites)
    bodies = receipts.order_by("issued_event__seq").values_list("body", flat=True)
    for body in bodies.iterator(chunk_size=500):
        yield bytes(body)


def link_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell of passes and of the link to the person's own page."""
    for issued in Pass.objects.filter(subject=subject, revoked_at=None):
        yield Holding(
            title=Say("通行码", "Pass"),
            value=Say("只存校验值，不存号码本身", "Only its check value is stored"),
            purpose=None,
            since=issued.created_at,
        )
    for link in PageLink.objects.filter(subject=subject, revoked_at=None):
        yield Holding(
            title=Say("您的个人页链接", "Link to your own page"),
            value=Say("只存校验值", "Only its check value is stored"),
            purpose=None,
            since=link.created_at,
        )


def use_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell of each time the camera was used: that it was, not what it saw."""
    for use in Use.objects.filter(subject=subject):
        yield Holding(
            title=Say("一次摄像头使用的记录", "Record of one use of the camera"),
            value=Say("时间和结果，没有画面", "When and how it ended; no picture"),
            purpose=use.purpose,
            since=use.opened_at,
        )


CATEGORIES = {
    "name": Say("称呼", "name"),
    "phone": Say("手机号", "phone number"),
    "visit": Say("到访时间", "time of your visit"),
    "decision": Say("属于哪个渠道的结论", "which channel brought you"),
    "deal": Say("成交进度", "state of a purchase"),
}
"""What may be told to another party, in words."""


def disclosure_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell who received what, and when; kept as proof when the consent has ended."""
    rows = Disclosure.objects.select_related("party").filter(subject=subject)
    for row in rows.order_by("at"):
        told = [CATEGORIES[one] for one in row.categories]
        yield Holding(
            title=Say("提供给了别人", "Told to somebody else"),
            value=Say(
                f"{row.party.name_zh}：{'、'.join(one.zh for one in told)}",
                f"{row.party.name_en}: {', '.join(one.en for one in told)}",
            ),
            purpose=row.purpose,
            since=row.at,
        )


def walk_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell of the steps of a check-in, which are forgotten after a day."""
    for walk in Walk.objects.filter(subject=subject):
        yield Holding(
            title=Say("本次登记的步骤", "Steps of this check-in"),
            value=Say("一天后自动删除", "Deleted by itself after a day"),
            purpose=None,
            since=walk.created_at,
        )
