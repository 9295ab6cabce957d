"""What is still open: nothing, on a good day, and then the page says just that."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit import clock
from audit.models import Refusal
from audit.reading.logs import LogHead
from audit.reading.questions import Open, Opens, Questions, questions
from audit.selectors import event_place, log_faults
from audit.signing import SignerState, signer_state
from audit.views.room import local, log_of, reading, room, told, zone_first
from audit.views.search import RECOMPUTED_MAX
from audit.words import kind_words, value_words


@reading
def open_questions(request: HttpRequest) -> HttpResponse:
    """Show what should have followed and did not, and how the signer is."""
    chosen = log_of(request)
    found = questions(chosen)
    fault = _first_fault(chosen)
    kinds = (found.dangling, found.unfollowed, found.overdue)
    told(
        request,
        "open",
        rows=sum(len(one.rows) for one in kinds) + len(found.clock_behind),
    )
    zone = zone_first()
    signer = signer_state() if chosen.closed_at is None else None
    context = {
        **room(zone=zone, chosen=chosen),
        "as_of": local(found.as_of, zone),
        "fault": fault,
        "dangling": _opens(found.dangling, zone),
        "unfollowed": _opens(found.unfollowed, zone),
        "overdue": _opens(found.overdue, zone),
        "clock_behind": [_open(one, zone) for one in found.clock_behind],
        "refusals": [_refusal(one, zone) for one in found.refusals],
        "unsigned": found.unsigned,
        "oldest": _moment(found.unsigned.oldest_at, zone),
        "signer": signer,
        "seen": local(signer.seen_at, zone) if signer and signer.seen_at else "",
        "refused_lately": [
            (value_words("reason", reason) or reason, count)
            for reason, count in found.refused_lately
        ],
        "calm": _calm(found, signer) and fault is None,
    }
    return render(request, "audit/open_questions.html", context)


def _calm(found: Questions, signer: SignerState | None) -> bool:
    """Tell whether nobody has to do anything."""
    opens = (found.dangling, found.unfollowed, found.overdue)
    quiet = not any(one.rows for one in opens) and not found.clock_behind
    if signer is None:
        return quiet
    well = signer.running and signer.separated and signer.refused is None
    return quiet and well and not found.unsigned.late


def _first_fault(chosen: LogHead) -> str | None:
    """Return the first thing that does not add up in the stored log itself."""
    if chosen.size > RECOMPUTED_MAX:
        return None
    return next(log_faults(log=chosen.log), None)


def _opens(opens: Opens, zone: ZoneInfo) -> dict[str, Any]:
    return {"rows": [_open(one, zone) for one in opens.rows], "more": opens.more}


def _open(one: Open, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "link": {"seq": one.seq, "query": ""},
        "at": local(clock.parse(one.at), zone),
        "title": kind_words(one.kind),
        "consent": one.consent,
        "missing": [kind_words(kind) for kind in one.missing],
        "due": _moment(one.due, zone),
    }


def _moment(stamped: str, zone: ZoneInfo) -> str:
    return local(clock.parse(stamped), zone) if stamped else ""


def _refusal(refusal: Refusal, zone: ZoneInfo) -> dict[str, Any]:
    place = None if refusal.event is None else event_place(eid=refusal.event)
    return {
        "refusal": refusal,
        "at": local(refusal.at, zone),
        "reason": value_words("reason", refusal.reason) or refusal.reason,
        # It lies in the log that was refused, which may be closed since.
        "link": place and {"seq": place[1], "query": f"?log={place[0]}"},
    }
