"""One person's whole story on one page: on the screen, and on A4."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit import clock
from audit.readers import Notice, notice_find, purpose_words
from audit.reading.logs import logs
from audit.reading.story import Entry, Fault, Given, Story, Told, story_find
from audit.say import Say
from audit.selectors import log_current
from audit.views.room import local, plain_data, reading, room, told, zone_first
from audit.words import kind_words, value_words

_SUBJECT = re.compile(r"s_[0-9a-f]{32}")
FAULTS = {
    "missing": Say("应当跟上，却没有：{}", "should have followed and did not: {}"),
    "late": Say("来得太晚：{}", "came too late: {}"),
    "dangling": Say("开始以后一直没有结束：{}", "began and never ended: {}"),
    "past": Say("同意结束以后的使用：{}", "a use past its consent: {}"),
    "unfounded": Say("没有对应同意的使用：{}", "a use without a consent: {}"),
}
STATES = {
    "live": Say("有效", "live"),
    "over": Say("已过期限，还没有记录结束", "past its term, no end recorded yet"),
    "withdrawn": Say("已撤回", "withdrawn"),
    "expired": Say("已到期结束", "ended by itself"),
    "carried": Say("转入后一份日志", "carried into the log after"),
}
_WORDS_OF_DATA = ("verdict", "reason", "outcome", "verified_by", "by", "link")
"""Keys whose values say, in words, what came of an event."""


@reading
def story(request: HttpRequest, subject: str) -> HttpResponse:
    """Show everything that the logs tell of one person."""
    zone = zone_first()
    head = next((one for one in logs() if one.closed_at is None), None)
    frame = {**room(zone=zone, chosen=head), "subject": subject}
    found = story_find(subject=subject) if _SUBJECT.fullmatch(subject) else None
    if found is None:
        return render(request, "audit/story.html", frame, status=404)
    told(request, "story", rows=found.count, subject=subject)
    context = {
        **frame,
        "story": found,
        "as_of": local(clock.now(), zone),
        "consents": [_given(one, zone) for one in found.consents],
        "entries": [_entry(one, zone, found) for one in found.entries],
        "faults": [_fault(one, zone) for one in found.faults],
        "counts": _counts(found),
        "read_last": _at(found.readings[-1], zone) if found.readings else "",
    }
    return render(request, "audit/story.html", context)


def _counts(found: Story) -> dict[str, int]:
    return {
        "consents": len(found.consents),
        "live": len(found.live),
        "uses": sum(one.end is not None and not one.candidate for one in found.entries),
        "candidate": sum(one.candidate for one in found.entries),
        "readings": len(found.readings),
    }


def _link(one: Told) -> dict[str, Any]:
    """Return the number of an event, and the log in its address when it is no more."""
    query = "" if one.log == log_current() else f"?log={one.log}"
    return {"seq": one.seq, "query": query}


def _at(one: Told, zone: ZoneInfo) -> str:
    return local(clock.parse(one.event["at"]), zone)


def _given(given: Given, zone: ZoneInfo) -> dict[str, Any]:
    granted = given.granted
    purpose = str(granted.event["purpose"])
    language = granted.data.get("language", "")
    notice = notice_find(sha256=granted.event["rules"] or "", language=language)
    return {
        "purpose": purpose_words(purpose),
        "code": purpose,
        "link": _link(granted),
        "at": _at(granted, zone),
        "language": language,
        "language_words": value_words("language", language),
        "by": value_words("by", granted.data.get("by")),
        "once": granted.data.get("once"),
        "rules": granted.event["rules"],
        "notice": _notice(notice, purpose),
        "until": _moment(granted.data.get("until"), zone),
        "limit": granted.data.get("destroy_s"),
        "state": given.state,
        "state_words": STATES[given.state],
        "ended": _ended(given, zone),
        "due": [kind_words(kind) for kind in given.due],
        "carried_to": _link(given.carried_to) if given.carried_to else None,
        "carried_from": _link(given.carried_from) if given.carried_from else None,
    }


def _notice(notice: Notice | None, purpose: str) -> dict[str, Any] | None:
    if notice is None:
        return None
    return {
        "label": notice.label,
        "url": notice.url,
        "published_at": notice.published_at,
        "title": notice.titles.get(purpose, ""),
        "sentence": notice.sentences.get(purpose, ""),
        "retention": notice.retention.get(purpose, ""),
    }


def _moment(stamped: str | None, zone: ZoneInfo) -> str:
    return local(clock.parse(stamped), zone) if stamped else ""


def _ended(given: Given, zone: ZoneInfo) -> dict[str, Any] | None:
    ended = given.ended
    if ended is None:
        return None
    return {
        "at": _at(ended, zone),
        "link": _link(ended),
        "why": _came_of(ended),
        "followed": [
            {
                "title": kind_words(one.told.kind),
                "link": _link(one.told),
                "seconds": _seconds(one.seconds),
                "in_time": one.in_time,
            }
            for one in given.followed
        ],
    }


def _entry(entry: Entry, zone: ZoneInfo, found: Story) -> dict[str, Any]:
    one = entry.told
    purpose = one.event["purpose"]
    end = None
    if entry.end is not None:
        end = {
            "title": kind_words(entry.end.kind),
            "came_of": _came_of(entry.end),
            "seconds": _seconds(entry.end.seconds_after(one)),
            "link": _link(entry.end),
        }
    return {
        "at": _at(one, zone),
        "iso": one.event["at"],
        "title": kind_words(one.kind),
        "kind": one.kind,
        "link": _link(one),
        "purpose": purpose_words(purpose) if purpose else None,
        "consent": _consent(entry, found),
        "came_of": _came_of(one),
        "rest": plain_data(one.data) if one.data else "",
        "end": end,
        "with_it": [
            {
                "title": kind_words(other.kind),
                "seconds": _seconds(other.seconds_after(one)),
                "link": _link(other),
            }
            for other in entry.with_it
        ],
        "candidate": entry.candidate,
        "act": one.event["act"],
    }


def _consent(entry: Entry, found: Story) -> int | None:
    """Return the person's own consent that a line stands on; a candidate's too."""
    one = entry.told
    named = one.data.get("candidates") if entry.candidate else [one.event["consent"]]
    own = [
        given.granted.seq for given in found.consents if given.granted.log == one.log
    ]
    return next((seq for seq in own if seq in (named or [])), None)


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}"


def _came_of(one: Told) -> Say | None:
    """Return what an event came to, in words, where its data say so."""
    for key in _WORDS_OF_DATA:
        words = value_words(key, one.data.get(key))
        if words is not None:
            return words
    return None


def _fault(fault: Fault, zone: ZoneInfo) -> dict[str, Any]:
    words, kind = FAULTS[fault.code], kind_words(fault.kind)
    return {
        "at": _at(fault.told, zone),
        "link": _link(fault.told),
        "words": Say(words.zh.format(kind.zh), words.en.format(kind.en)),
    }
