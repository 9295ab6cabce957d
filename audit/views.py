"""The reading room: the log's events, for those who may read it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit import clock, log
from audit.readers import page_of, panels, staff_act
from audit.selectors import log_faults, log_state, rules_in_force

RECOMPUTED_MAX = 5_000
"""A log longer than this is recomputed by `audit_verify`, not while a page waits."""


@require_GET
@permission_required("audit.read_log", raise_exception=True)
def events(request: HttpRequest) -> HttpResponse:
    """Show events, newest first. That they were read is itself an event, first."""
    filters = {
        name: request.GET.get(name, "").strip()[:64]
        for name in ("type", "subject", "consent")
    }
    wanted = filters["consent"]
    page, shown = page_of(
        kind=filters["type"],
        subject=filters["subject"],
        consent=int(wanted) if wanted.isdecimal() else None,
        number=request.GET.get("page", "1"),
    )
    with log.unit(
        act=staff_act(request.user), site=None, rules=rules_in_force()
    ) as unit:
        unit.event("log.read", data={"rows": len(shown), "view": "list"})
    state = log_state()
    query = urlencode({name: value for name, value in filters.items() if value})
    context: dict[str, Any] = {
        **panels(),
        "events": [_row(event) for event in shown],
        "page": page,
        "query": f"&{query}" if query else "",
        "filters": filters,
        "size": state.size if state else 0,
        "root": state.root if state else "",
        "in_order": _in_order(state.size) if state else None,
    }
    return render(request, "audit/event_list.html", context)


def _in_order(size: int) -> bool | None:
    if size > RECOMPUTED_MAX:
        return None
    return next(log_faults(), None) is None


def _row(event: dict[str, Any]) -> dict[str, Any]:
    return {
        **event,
        "at": clock.parse(event["at"]),
        "act": f"{event['act']['role']} {event['act']['id']}",
        "data": " ".join(
            f"{name}={_plain(value)}" for name, value in sorted(event["data"].items())
        ),
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
