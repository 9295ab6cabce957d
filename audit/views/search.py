"""The list of events, newest first, and the search that narrows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.forms import SearchForm
from audit.readers import panels, places, purpose_words, purposes
from audit.reading.logs import LogHead, logs
from audit.reading.search import OPERATOR_WIDE, search
from audit.say import Say
from audit.selectors import log_faults, log_state
from audit.views.room import language_of, reading, room, row, told
from audit.words import GROUPS, kind_words

RECOMPUTED_MAX = 5_000
"""A log longer than this is recomputed by `audit_verify`, not while a page waits."""
TITLES = {
    "since": Say("从", "from"),
    "until": Say("到", "to"),
    "type": Say("类型", "kind"),
    "site": Say("案场", "site"),
    "purpose": Say("目的", "purpose"),
    "subject": Say("代号", "pseudonym"),
    "consent": Say("同意", "consent"),
    "event": Say("序号", "number"),
    "actor": Say("谁做的", "by"),
}
"""The filters, in the order of the form."""
WIDE = Say("经营者整体", "the whole operator")


@reading
def events(request: HttpRequest) -> HttpResponse:
    """Show what fits a search, newest first."""
    known = logs()
    if not known:
        return render(request, "audit/event_list.html", {"chosen": None})
    form = form_of(request, known)
    chosen = form.log_shown
    context = {
        **panels(),
        **room(zone=form.zone, chosen=chosen),
        **choices(known),
        "form": form,
    }
    if not form.is_valid():
        return render(request, "audit/event_list.html", context, status=400)
    found = search(
        form.search(),
        before=_cursor(request, "before"),
        after=_cursor(request, "after"),
    )
    told(request, "list", rows=len(found.events))
    asked = _asked(form)
    context.update(
        events=[row(event, form.zone) for event in found.events],
        found=found,
        filters=_filters(form, asked),
        query=urlencode(asked),
        older=urlencode({**asked, "before": found.first}) if found.older else "",
        newer=urlencode({**asked, "after": found.last}) if found.newer else "",
        first_page=not found.newer,
        **_state(chosen, plain=not asked and not found.newer),
    )
    return render(request, "audit/event_list.html", context)


def form_of(request: HttpRequest, known: list[LogHead]) -> SearchForm:
    """Return the search that an address asks for."""
    return SearchForm(
        request.GET,
        language=language_of(request),
        logs=known,
        places=places(),
        purposes=list(purposes()),
    )


def choices(known: list[LogHead]) -> dict[str, Any]:
    """Return what the lists of the form offer."""
    sites = [(place.code, place.name) for place in places()]
    return {
        "groups": GROUPS,
        "logs": known,
        "sites": [*sites, (OPERATOR_WIDE, WIDE)],
        "purposes": purposes().items(),
    }


def _asked(form: SearchForm) -> dict[str, str]:
    """Return the filters that are set, as an address carries them."""
    asked = {name: str(form.data.get(name, "")).strip() for name in ("log", *TITLES)}
    return {name: value for name, value in asked.items() if value}


def _filters(form: SearchForm, asked: dict[str, str]) -> list[dict[str, Any]]:
    """Return the filters that are set, in words, each with the address without it."""
    shown = []
    for name, title in TITLES.items():
        if name not in asked:
            continue
        rest = {other: value for other, value in asked.items() if other != name}
        shown.append(
            {
                "title": title,
                "value": _value_words(form, name, asked[name]),
                "without": urlencode(rest),
            }
        )
    return shown


def _value_words(form: SearchForm, name: str, value: str) -> object:
    if name == "type":
        return kind_words(value)
    if name == "purpose":
        return purpose_words(value)
    if name == "site":
        place = form.places.get(value)
        return place.name if place else WIDE
    if name == "subject":
        return f"{value[:10]}…"
    return form.cleaned_data[name]


def _cursor(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    fits = value.isascii() and value.isdecimal() and len(value) <= 16
    return int(value) if fits else None


def _state(chosen: LogHead, *, plain: bool) -> dict[str, Any]:
    state = log_state(log=chosen.log)
    recomputed = plain and state is not None and state.size <= RECOMPUTED_MAX
    return {
        "state": state,
        "in_order": (
            next(log_faults(log=chosen.log), None) is None if recomputed else None
        ),
    }
