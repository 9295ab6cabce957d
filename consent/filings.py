"""When a filing falls due: the thresholds of the law, and the duty they make.

Counted for the legal entity over all its sites, never for one site (FRM 15). Templates
are an upper bound for people: who enrolled at two sites counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse

from audit.say import Say
from consent import tallies
from consent.duties import Duty
from consent.models import Consent, Filing
from consent.workdays import known, workdays_after

CHINA = ZoneInfo("Asia/Shanghai")
TERM_WORKDAYS = 30
WARN = timedelta(days=14)


@dataclass(frozen=True)
class Threshold:
    """One number at which something has to be done.

    Attributes:
        kind: which filing: "face" counts templates, "officer" counts persons.
        step: "notice" to be ready, "task" with a due day.
        number: from how many on.
    """

    kind: str
    step: str
    number: int


THRESHOLDS = (
    Threshold("face", "notice", 80_000),
    Threshold("face", "task", 100_000),
    Threshold("officer", "task", 1_000_000),
)
CLAUSES = {
    "face": "frm-15-file",
    "officer": "pipl-52-53",
    "face_cancel": "frm-15-change",
}


def counted() -> dict[str, int]:
    """Return the two numbers that the thresholds are held against, now."""
    persons = Consent.objects.filter(state="active")
    return {
        "face": tallies.count(tallies.TEMPLATES),
        "officer": persons.values("subject").distinct().count(),
    }


def crossed(
    counts: Mapping[str, int], thresholds: tuple[Threshold, ...] = THRESHOLDS
) -> list[Threshold]:
    """Return the thresholds that these counts have reached. Pure."""
    return [one for one in thresholds if counts[one.kind] >= one.number]


def due_after(moment: datetime, workdays: int = TERM_WORKDAYS) -> datetime:
    """Return the end, in China, of the last working day of a term."""
    last = workdays_after(moment.astimezone(CHINA).date(), workdays)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=CHINA)


def due_certain(filing: Filing) -> bool:
    """Tell whether every year that a due day was counted through is in the calendar."""
    if filing.due is None:
        return True
    last = filing.due.astimezone(CHINA) - timedelta(days=1)
    return known(filing.since.astimezone(CHINA).date()) and known(last.date())


def filings() -> list[Filing]:
    """Return every notice and task, the newest first."""
    return list(Filing.objects.select_related("site").order_by("-since", "-id"))


_TITLES = {
    ("face", "notice"): Say(
        "人脸数已近十万，请准备备案材料", "Near 100,000 faces: get the filing ready"
    ),
    ("face", "task"): Say("人脸数满十万，须向省级网信部门备案", "100,000 faces: file"),
    ("face_cancel", "task"): Say(
        "售楼处关闭，须注销人脸备案", "A site is closed: cancel the filing of faces"
    ),
    ("officer", "task"): Say(
        "个人数满一百万，须报送个人信息保护负责人",
        "1,000,000 persons: report the protection officer",
    ),
}


def filing_title(filing: Filing) -> Say:
    """Return what a notice or a task asks for, in words."""
    return _TITLES[filing.kind, filing.step]


def filing_duties() -> Iterator[Duty]:
    """Tell the office of each open task, and of a notice until its task is there."""
    open_ones = list(Filing.objects.filter(filed_at=None))
    tasks = set(Filing.objects.filter(step="task").values_list("kind", flat=True))
    for one in open_ones:
        if one.step == "notice" and one.kind in tasks:
            continue
        yield Duty(
            title=filing_title(one),
            url=reverse("consent:filings"),
            permission="consent.file_filings",
            since=one.since,
            due=one.due,
            warn=None if one.due is None else one.due - WARN,
        )
