"""For managers: which channel brings whom, and why a visit belongs to it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.say import Say
from consent.views.pages import language_of
from leads.reviews import reviews_count
from leads.selectors import (
    decision_at,
    decision_shown,
    decisions_superseded,
    facts_shown,
    figures,
)
from leads.views.access import staff_site

PERIODS: dict[int, Say] = {
    1: Say("今天", "Today"),
    7: Say("最近 7 天", "The last 7 days"),
    30: Say("最近 30 天", "The last 30 days"),
}


@require_GET
@permission_required("leads.view_dashboard", raise_exception=True)
def channels(request: HttpRequest) -> HttpResponse:
    """Show what each channel announced and brought."""
    site = staff_site(request)
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdecimal() and int(asked) in PERIODS else 30
    context = {
        **figures(site=site, days=days, language=language_of(request)),
        "may_rule": request.user.has_perm("leads.rule_visit"),
        "waiting": reviews_count(site=site),
        "period": PERIODS[days],
        "periods": [
            {"days": one, "title": title, "here": one == days}
            for one, title in PERIODS.items()
        ],
    }
    return render(request, "leads/dashboard_home.html", context)


@require_GET
@permission_required("leads.view_decision", raise_exception=True)
def decision(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show why a visit belongs to a channel, for print.

    The address of a decision that was superseded shows the one that stands now.
    """
    site = staff_site(request)
    found = decision_at(site=site, identifier=name)
    if found is None:
        raise Http404
    language = language_of(request)
    context = {
        "decision": decision_shown(decision=found, language=language),
        "timeline": facts_shown(decision=found, language=language),
        "earlier": decisions_superseded(decision=found, language=language),
        "moved": found.id != name,
    }
    return render(request, "leads/decision_detail.html", context)
