"""What every page of the reading room shares: who may, what is logged, what is loud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from audit import clock, log
from audit.readers import ZONE, places, purpose_words, staff_act
from audit.reading.logs import LogHead, logs
from audit.say import CHINESE, ENGLISH
from audit.selectors import rules_in_force
from audit.signing import refusal_open
from audit.words import kind_words

View = Literal["list", "story", "open", "day", "file"]
ROWS_MAX = 100_000
"""What one `log.read` may count; a longer reading is told in parts."""

P = ParamSpec("P")


def reading(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in whoever may read the log, while there is one, and only to read."""

    @require_GET
    @permission_required("audit.read_log", raise_exception=True)
    @wraps(view)
    def wrapped(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return wrapped


def told(request: HttpRequest, view: View, *, rows: int, subject: str = "") -> None:
    """Commit that somebody reads the log; MUST come before anything is shown.

    Args:
        request: of a member of staff.
        view: which page.
        rows: how many events it shows.
        subject: the pseudonym, when it is about one person.
    """
    with log.unit(
        act=staff_act(request.user), site=None, rules=rules_in_force()
    ) as unit:
        unit.event(
            "log.read",
            subject=subject or None,
            data={"rows": min(rows, ROWS_MAX), "view": view},
        )


def log_of(request: HttpRequest) -> LogHead:
    """Return the log that the address names, or the open one.

    Raises:
        Http404: there is no such log, or none at all.
    """
    known = logs()
    wanted = request.GET.get("log", "")
    for head in known:
        if head.log == wanted or (not wanted and head.closed_at is None):
            return head
    raise Http404


def language_of(request: HttpRequest) -> str:
    """Return the language that this page is shown in."""
    chosen = getattr(request, "LANGUAGE_CODE", CHINESE)
    return ENGLISH if chosen == ENGLISH else CHINESE


def zone_first() -> ZoneInfo:
    """Return the zone of the operator's first site."""
    return next((place.zone for place in places()), ZONE)


def room(*, zone: ZoneInfo, chosen: LogHead | None) -> dict[str, Any]:
    """Return what the frame of each page shows: the zone, the log, what is loud."""
    return {
        "zone": zone,
        "zone_name": zone.key,
        "chosen": chosen,
        # Empty for the open log, so that addresses of it stay short.
        "log_query": f"log={chosen.log}" if chosen and chosen.closed_at else "",
        "refused": refusal_open(),
    }


def row(event: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return an event as a line of a table."""
    act = event["act"]
    return {
        **event,
        "moment": clock.parse(event["at"]),
        "local": local(clock.parse(event["at"]), zone),
        "title": kind_words(event["type"]),
        "purpose_title": purpose_words(event["purpose"]) if event["purpose"] else None,
        "act": act,
        "data": None if event["data"] is None else plain_data(event["data"]),
    }


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment to the second in a zone that the page names once."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def plain_data(data: Mapping[str, Any]) -> str:
    """Return what an event's data say on one line, codes as they are."""
    return " ".join(
        f"{name}={plain(value)}"
        for name, value in sorted(data.items())
        if value is not None
    )


def plain(value: object) -> str:
    """Return one value of an event's data as text."""
    return value if isinstance(value, str) else json.dumps(value)
