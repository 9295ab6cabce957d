"""The compliance office: what awaits somebody, and the frame of its pages."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit import clock
from consent.duties import awaiting
from consent.models import Site
from consent.selectors import site_first
from consent.views.pages import at_site


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def office(request: HttpRequest) -> HttpResponse:
    """Show what awaits this member of staff, soonest due first."""
    office_site(request)
    now = clock.now()
    context = {
        "duties": [
            {
                "duty": duty,
                "overdue": duty.overdue(now),
                "pressing": duty.pressing(now),
                "urgent": duty.urgent(now),
            }
            for duty in awaiting(may=request.user.has_perm)
        ]
    }
    return render(request, "consent/office_home.html", context)


def office_site(request: HttpRequest) -> Site:
    """Return the site whose office this is, and let the page name it."""
    site = site_first()
    if site is None:
        raise Http404
    at_site(request, site)
    return site
