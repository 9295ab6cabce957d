"""One event by itself: its exact bytes, what they say in words, what hangs on it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from audit import clock
from audit.readers import notice_find, places, purpose_words
from audit.reading.event import REFERENCES, EventShown, event_find
from audit.views.room import (
    language_of,
    local,
    log_of,
    plain,
    reading,
    room,
    row,
    told,
    zone_first,
)
from audit.words import body_key_words, group_of, key_words, kind_words, value_words

MOMENTS = ("until", "due", "taken_at")
"""Keys of data that hold a moment."""


@reading
def event(request: HttpRequest, seq: int) -> HttpResponse:
    """Show one event."""
    chosen = log_of(request)
    found = event_find(log=chosen.log, seq=seq)
    if found is None:
        raise Http404
    told(request, "list", rows=1)
    zone = _zone(found.body["site"])
    context = {
        **room(zone=zone, chosen=chosen),
        "event": found,
        "row": row(found.body, zone),
        "group": group_of(found.body["type"]),
        "lines": _lines(found, zone),
        "rules_url": _rules_url(found, language_of(request)),
        "names": [_named(key, one, zone) for key, one in found.names],
        "named_by": [row(one, zone) for one in found.named_by],
        "prior": seq - 1 if seq else None,
        "following": seq + 1 if seq + 1 < chosen.size else None,
    }
    return render(request, "audit/event_detail.html", context)


def _zone(site: str | None) -> ZoneInfo:
    known = {place.code: place.zone for place in places()}
    return known.get(site or "") or zone_first()


def _rules_url(found: EventShown, language: str) -> str:
    sha256 = found.body["rules"]
    notice = notice_find(sha256=sha256, language=language) if sha256 else None
    return notice.url if notice else ""


def _named(key: str, event: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    words = body_key_words(key) if key == "consent" else key_words(key)
    return {**row(event, zone), "as": words}


def _lines(found: EventShown, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return each key of the body with its value, and what both mean."""
    lines: list[dict[str, Any]] = []
    for key in sorted(found.body):
        value = found.body[key]
        if key == "data":
            lines.append(_line(key, "", body_key_words(key)))
            lines += [
                {**_data_line(name, one, zone), "inner": True}
                for name, one in sorted((value or {}).items())
            ]
        elif key == "act":
            shown = f"{value['id']} · {value['role']}" if value else None
            lines.append(_line(key, shown, body_key_words(key)))
        else:
            line = _line(key, value, body_key_words(key))
            lines.append({**line, "means": _means(key, value, zone)})
    return lines


def _line(key: str, value: object, words: object) -> dict[str, Any]:
    shown = None if value is None else plain(value)
    return {"key": key, "value": shown, "words": words, "means": None}


def _data_line(key: str, value: object, zone: ZoneInfo) -> dict[str, Any]:
    line = _line(key, value, key_words(key))
    if key in REFERENCES:
        numbers = value if isinstance(value, list) else [value]
        return {**line, "numbers": [one for one in numbers if one is not None]}
    if key in MOMENTS and isinstance(value, str):
        return {**line, "means": local(clock.parse(value), zone)}
    if key in {"purposes", "what"} and isinstance(value, list):
        spoken = [value_words(key, one) or purpose_words(str(one)) for one in value]
        return {**line, "several": spoken}
    return {**line, "means": value_words(key, value)}


def _means(key: str, value: object, zone: ZoneInfo) -> object:
    if not isinstance(value, str):
        return None
    match key:
        case "at":
            return local(clock.parse(value), zone)
        case "type":
            return kind_words(value)
        case "purpose":
            return purpose_words(value)
        case "site":
            return next((one.name for one in places() if one.code == value), None)
        case _:
            return None
