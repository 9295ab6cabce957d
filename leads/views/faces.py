"""How sure the faces are: the method, its figures, and the last run of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from audit import clock
from audit.say import Say
from consent.journal import rules_in_force
from consent.purposes import Purpose
from consent.rules import presence_asked
from consent.views.office import office_site
from consent.views.pages import language_of
from faces.evaluation.drawing import det_svg
from faces.evaluation.keeping import (
    Kept,
    Method,
    method_read,
    presence_read,
    report_read,
)
from faces.matching import search_min_score
from faces.selectors import gallery_held

LOCKED = Say("锁在内存里，不进交换区", "locked in memory, out of the swap space")
UNLOCKED = Say(
    "没有锁在内存里：系统不准这么多（ulimit -l）",
    "not locked in memory: the system does not allow so much (ulimit -l)",
)
RATES = {"0.01": "1 %", "0.001": "0.1 %", "0.0001": "0.01 %"}
ALL = Say("全部", "All")
GROUPS = {
    "east_asian": Say("东亚人", "East Asian"),
    "everybody_else": Say("其他人", "Everybody else"),
}

LIVE = "live"
SEQUENCES = {
    LIVE: Say("照着做的人（合成）", "Somebody who does as asked (synthetic)"),
    "still_photograph": Say("不动的照片", "A still photograph"),
    "flat_print": Say(
        "平的打印照片，转、斜、靠近", "A flat print, turned, tilted, brought nearer"
    ),
    "bent_print": Say("弯着拿的打印照片", "A print that is bent"),
    "replay_other_order": Say("别的次序的录像", "A recording of another order"),
    "replay_same_order": Say(
        "同一次序的录像（六次里碰上一次）",
        "A recording of the same order (one chance in six)",
    ),
}
"""What was shown to the presence check, as `faces/presence.json` names it."""


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def faces_report(request: HttpRequest) -> HttpResponse:
    """Show what decides about faces here, and how often it errs."""
    site = office_site(request)
    method = method_read()
    rules = rules_in_force(site=site)
    presence = presence_read()
    kept = report_read(settings.FACES_REPORT)
    context: dict[str, Any] = {
        "method": method,
        "measured": list(_measured(method)),
        "presence": presence,
        "presence_rows": list(_presence(presence)),
        "presence_asked": rules is not None
        and presence_asked(sha256=rules.sha256, purpose=Purpose.FACE_CHECKIN),
        "difference": f"{method.choice.difference or 0:.7f}",
        "searched": _searched(request),
    }
    if kept is not None:
        context |= {
            "kept": kept,
            "kept_at": clock.parse(kept.at),
            "rows": list(_rows(kept)),
            # Drawn by our own code out of numbers.
            "curve": mark_safe(det_svg(kept.ours, kept.bare)),  # noqa: S308
        }
    return render(request, "leads/faces_report.html", context)


def _searched(request: HttpRequest) -> dict[str, dict[str, Any]] | None:
    """Return of each site that may search everybody: how many, from which score."""
    held = gallery_held()
    if held is None:
        return None
    return {
        site: {
            "people": one.people,
            "min_score": f"{search_min_score(one.people):.1f}",
            "locked_words": (LOCKED if one.locked else UNLOCKED).text(
                language_of(request)
            ),
        }
        for site, one in held.items()
    }


def _measured(method: Method) -> Iterator[dict[str, Any]]:
    for group, words in GROUPS.items():
        figures = method.measured[group]
        for rate, shown in RATES.items():
            if rate in figures["ours"]:
                yield {
                    "group": words,
                    "people": f"{figures['people']:,}",
                    "rate": shown,
                    "bare": figures["bare"][rate],
                    "ours": figures["ours"][rate],
                }


def _presence(presence: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, words in SEQUENCES.items():
        found = presence["sequences"][name]
        count, passed = found["sequences"], found["passed"]
        wrong = count - passed if name == LIVE else passed
        yield {
            "name": words,
            "live": name == LIVE,
            "count": count,
            "wrong": wrong,
            "share": f"{100 * wrong / count:.1f} %",
        }


def _rows(kept: Kept) -> Iterator[dict[str, Any]]:
    parts = {ALL: kept.figures, **kept.figures["groups"]}
    for name, part in parts.items():
        at = part["at_thresholds"]
        yield {
            "group": name,
            "pairs": f"{part['pairs']:,}",
            "missed": f"{part['missed']:,}",
            "eer": _percent(part["eer"]),
            "rates": [
                (
                    shown,
                    _percent(part["bare"]["fnmr_at_fmr"][rate]),
                    _percent(part["fnmr_at_fmr"][rate]),
                )
                for rate, shown in RATES.items()
            ],
            "match": {rate: _percent(share) for rate, share in at["match"].items()},
            "ask": {rate: _percent(share) for rate, share in at["ask"].items()},
        }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"
