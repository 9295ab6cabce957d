"""The day-close sheet: one A4 page to print, sign by hand and put into a folder."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audit import clock
from audit.drawing import qr_svg
from audit.errors import SignerRefuses, SignerSilent
from audit.forms import NO_DAY, YEARS, day_read
from audit.readers import places
from audit.reading.days import (
    Day,
    day_counts,
    day_find,
    day_last_at,
    days_lately,
    root_of,
    today,
)
from audit.reading.logs import LogHead
from audit.reading.questions import Questions, questions
from audit.say import Say
from audit.signing import checkpoint_request, signer_state, vkeys
from audit.views.room import (
    language_of,
    local,
    log_of,
    reading,
    room,
    told,
    zone_first,
)

DAYS_SHOWN = 14
NOT_SIGNED = {
    SignerSilent: Say(
        "签名程序没有回应，没有签名。请确认它在运行，再试一次。",
        "The signer does not answer; nothing was signed. Make sure that it runs.",
    ),
    SignerRefuses: Say(
        "签名程序拒绝签名。请先看未结的问题。",
        "The signer refuses to sign. See the open questions first.",
    ),
}


@reading
def days(request: HttpRequest) -> HttpResponse:
    """Show the last days, each with what is signed of it, and ask for another one."""
    chosen = log_of(request)
    zone = zone_first()
    typed = request.GET.get("day", "").strip()[:40]
    asked = day_read(typed)
    if asked is not None and asked.year in YEARS:
        query = f"?log={chosen.log}" if chosen.closed_at else ""
        return redirect(f"{asked.isoformat()}/{query}")
    lately = days_lately(head=chosen, zone=zone, count=DAYS_SHOWN)
    told(request, "day", rows=len(lately))
    context = {
        **room(zone=zone, chosen=chosen),
        "days": lately,
        "typed": typed,
        "errors": [NO_DAY.text(language_of(request))] if typed else [],
    }
    return render(request, "audit/day_list.html", context, status=400 if typed else 200)


@reading
def day(request: HttpRequest, day: str) -> HttpResponse:
    """Show one day as a sheet.

    It is of the log as it stood before this very reading was written into it.
    """
    asked = day_read(day)
    if asked is None or asked.isoformat() != day or asked.year not in YEARS:
        raise Http404
    chosen = log_of(request)
    zone = zone_first()
    found = day_find(head=chosen, day=asked, zone=zone)
    still_open = questions(chosen)
    told(request, "day", rows=found.count)
    context = {
        **room(zone=zone, chosen=chosen),
        **_sheet(found, chosen, zone),
        "open": _open_lines(still_open, chosen),
    }
    return render(request, "audit/day_sheet.html", context)


@require_POST
@permission_required("audit.release_log", raise_exception=True)
def sign_now(request: HttpRequest) -> HttpResponse:
    """Have the log signed as far as it goes, and go back to the sheet."""
    asked = day_read(request.POST.get("day", ""))
    if asked is None:
        return redirect("audit:days")
    try:
        checkpoint_request()
    except (SignerSilent, SignerRefuses) as error:
        messages.error(request, NOT_SIGNED[type(error)].text(language_of(request)))
    return redirect("audit:day", day=asked.isoformat())


def _sheet(found: Day, chosen: LogHead, zone: ZoneInfo) -> dict[str, Any]:
    known = places()
    several = known if len(known) > 1 else []
    counts = day_counts(
        log=chosen.log, day=found, sites=[place.code for place in several]
    )
    last_at = day_last_at(log=chosen.log, day=found)
    checkpoint = found.checkpoint
    return {
        "day": found,
        "iso": found.day.isoformat(),
        "weekday": _weekday(found.day),
        "over": found.day < today(zone),
        "ahead": found.day > today(zone),
        "sites": known,
        "several": several,
        "counts": counts,
        "last_at": local(clock.parse(last_at), zone) if last_at else "",
        "checkpoint": checkpoint,
        "root": root_of(checkpoint) if checkpoint else "",
        "qr": qr_svg(checkpoint.note) if checkpoint else "",
        "vkey": (vkeys(log=chosen.log) or [""])[-1],
        "printed_at": local(clock.now(), zone),
        "sheet_demonstration": chosen.demonstration,
    }


def _weekday(day: date) -> Say:
    zh = "一二三四五六日"[day.weekday()]
    return Say(f"星期{zh}", f"{day:%A}")


def _open_lines(found: Questions, chosen: LogHead) -> list[Say]:
    """Return what is open, a sentence each; nothing on a good day."""
    counted = [
        (
            found.dangling,
            "开始了没有结束的使用：{}",
            "uses begun and never ended: {}",
        ),
        (
            found.unfollowed,
            "结束后没有按时销毁：{}",
            "ended and not destroyed in time: {}",
        ),
        (
            found.overdue,
            "过了期限没有结束的同意：{}",
            "consents past their term without an end: {}",
        ),
    ]
    lines = [
        Say(zh.format(number), en.format(number))
        for opens, zh, en in counted
        if opens.rows
        for number in [f"{len(opens.rows)}{'+' if opens.more else ''}"]
    ]
    if chosen.closed_at is None:
        signer = signer_state()
        if signer.refused is not None:
            lines.append(Say("签名程序拒绝签名", "the signer refuses to sign"))
        if not signer.running:
            lines.append(Say("签名程序没有动静", "the signer is silent"))
        elif not signer.separated:
            lines.append(Say("签名程序没有分开", "the signer is not separated"))
    if found.clock_behind:
        number = len(found.clock_behind)
        lines.append(
            Say(f"7 天内时钟落后：{number}", f"clock behind within 7 days: {number}")
        )
    return lines
