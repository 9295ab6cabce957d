"""Counts for the whole operator, what is due to be filed, and the pack to hand in."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit import clock
from audit.readers import staff_act
from audit.say import Say
from consent.errors import FilingInvalid
from consent.filing_pack import filing_pack
from consent.filings import (
    CHINA,
    THRESHOLDS,
    counted,
    due_certain,
    filing_title,
    filings,
)
from consent.forms import FilingForm
from consent.models import Filing
from consent.services.filings import filing_made
from consent.views.office import office_site
from consent.views.pages import language_of

RECORDED = Say("已登记。", "It is recorded.")


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def filings_page(request: HttpRequest) -> HttpResponse:
    """Show the counts beside their thresholds, and each notice and task."""
    office_site(request)
    counts = counted()
    now = clock.now()
    context = {
        "counts": {kind: f"{count:,}" for kind, count in counts.items()},
        "thresholds": [
            {
                "threshold": one,
                "number": f"{one.number:,}",
                "count": f"{counts[one.kind]:,}",
                "reached": counts[one.kind] >= one.number,
            }
            for one in THRESHOLDS
        ],
        "filings": [
            {
                "filing": one,
                "title": filing_title(one),
                "last": None if one.due is None else one.due - timedelta(days=1),
                "counted": f"{one.counted:,}",
                "threshold": f"{one.threshold:,}",
                "certain": due_certain(one),
                "overdue": one.filed_at is None
                and one.due is not None
                and one.due <= now,
            }
            for one in filings()
        ],
        "may_file": request.user.has_perm("consent.file_filings"),
    }
    return render(request, "consent/filings.html", context)


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def filings_pack(request: HttpRequest) -> HttpResponse:
    """Return the pack to hand in, as it stands today."""
    office_site(request)
    response = HttpResponse(filing_pack(), content_type="application/zip")
    day = clock.now().astimezone(CHINA).date()
    response.headers["Content-Disposition"] = (
        f'attachment; filename="filing-pack-{day}.zip"'
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@permission_required("consent.file_filings", raise_exception=True)
def filing_record(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Record on which day a task was filed, and the authority's number."""
    if not Filing.objects.filter(id=name).exists():
        raise Http404
    language = language_of(request)
    form = FilingForm(request.POST, language=language)
    if not form.is_valid():
        raise FilingInvalid
    filing_made(
        filing=name,
        on=form.cleaned_data["on"],
        receipt=form.cleaned_data["receipt"],
        act=staff_act(request.user),
    )
    messages.success(request, RECORDED.text(language))
    return redirect("consent:filings")
