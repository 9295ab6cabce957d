"""对外提供清单, for anybody to read: who receives what, of the rules in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.say import Say
from consent.models import Party
from consent.rules import notice
from consent.selectors import parties, rules_get, site_first
from consent.views.pages import at_site, language_of

ROLES = {
    "recipient": Say("收取方", "Recipient"),
    "processor": Say("受托处理方", "Processor, on our behalf"),
    "joint": Say("共同处理方", "Jointly responsible"),
}


def last_day(party: Party) -> datetime:
    """Return a moment of the last day on which a party may receive something."""
    return party.until - timedelta(seconds=1)


@login_not_required
@require_GET
def shared(request: HttpRequest) -> HttpResponse:
    """Show whom the rules in force name, beside what the register says of them."""
    site = site_first()
    if site is None:
        raise Http404
    at_site(request, site)
    rules = rules_get(site=site)
    words = notice(sha256=rules.sha256, language=language_of(request))
    known = {party.code: party for party in parties()}
    context = {
        "rules": rules,
        "rows": list(_rows(words, known)),
        "language_next": request.path,
    }
    return render(request, "consent/rules_shared.html", context)


def _rows(words: dict[str, Any], known: dict[str, Party]) -> Iterator[dict[str, Any]]:
    for purpose in words["purposes"]:
        for row in purpose["recipients"]:
            yield _row(row, "recipient", known, purpose["title"])
    for name, role in (("processors", "processor"), ("joint_operators", "joint")):
        for row in words.get(name, []):
            yield _row(row, role, known, None)


def _row(
    row: Any, role: str, known: dict[str, Party], purpose: str | None
) -> dict[str, Any]:
    """Return a row; rules from before the register named people in a line of words."""
    told = row if isinstance(row, dict) else {"name": row}
    party = known.get(told.get("party", ""))
    return {
        "told": told,
        "role": ROLES[role],
        "purpose": purpose,
        "party": party,
        "last_day": last_day(party) if party else None,
    }
