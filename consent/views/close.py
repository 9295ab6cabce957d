"""Closing a site: one person asks, another approves, and the report at its end."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.readers import staff_act
from audit.say import Say
from consent.closings import closing_of, held
from consent.errors import FieldsUnknown
from consent.forms import CloseForm, EmptyForm
from consent.models import SiteClosing
from consent.selectors import sites
from consent.services.closing import (
    closing_approve,
    closing_ask,
    closing_drop,
    report_file,
)
from consent.views.office import office_site
from consent.views.pages import language_of

ASKED = Say("已提出，等另一位同事批准。", "Asked for; a colleague must approve it.")
APPROVED = Say("已批准，正在关闭。", "Approved; the site is being closed.")
DROPPED = Say("已撤回申请。", "The request is taken back.")
WRONG = Say(
    "售楼处代号不对，没有改动。", "That is not the site's code; nothing was changed."
)


@require_GET
@permission_required("consent.close_site", raise_exception=True)
def close(request: HttpRequest) -> HttpResponse:
    """Show each site with where its closing stands, and what is held there."""
    office_site(request)
    language = language_of(request)
    reader = staff_act(request.user).id
    places = []
    for site in sites():
        closing = closing_of(site=site)
        places.append(
            {
                "site": site,
                "name": site.name_en if language == "en" else site.name_zh,
                "closing": closing,
                "own": closing is not None and closing.asked_by == reader,
                "held": held(site=site),
            }
        )
    return render(request, "consent/close.html", {"places": places})


@require_POST
@permission_required("consent.close_site", raise_exception=True)
def close_ask(request: HttpRequest) -> HttpResponse:
    """Ask for the closing of the site whose code was typed."""
    language = language_of(request)
    form = CloseForm(request.POST, language=language)
    if not form.is_valid():
        raise FieldsUnknown
    site = next((one for one in sites() if one.code == form.cleaned_data["site"]), None)
    if site is None:
        raise Http404
    if form.cleaned_data["typed"] != site.code:
        messages.error(request, WRONG.text(language))
        return redirect("consent:close")
    closing_ask(site=site, act=staff_act(request.user))
    messages.success(request, ASKED.text(language))
    return redirect("consent:close")


@require_POST
@permission_required("consent.close_site", raise_exception=True)
def close_approve(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Approve, with the code typed once more; the worker does the rest."""
    language = language_of(request)
    closing = _closing(name)
    form = CloseForm(request.POST, language=language)
    if not form.is_valid():
        raise FieldsUnknown
    if form.cleaned_data["typed"] != closing.site.code:
        messages.error(request, WRONG.text(language))
        return redirect("consent:close")
    closing_approve(closing=name, act=staff_act(request.user))
    messages.success(request, APPROVED.text(language))
    return redirect("consent:close")


@require_POST
@permission_required("consent.close_site", raise_exception=True)
def close_drop(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Take a request back that nobody approved."""
    language = language_of(request)
    EmptyForm(request.POST, language=language)
    _closing(name)
    closing_drop(closing=name, act=staff_act(request.user))
    messages.success(request, DROPPED.text(language))
    return redirect("consent:close")


@require_GET
@permission_required("consent.close_site", raise_exception=True)
def close_report(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Return the signed report as a file."""
    closing = _closing(name)
    response = HttpResponse(
        report_file(closing=closing), content_type="application/json"
    )
    response.headers["Content-Disposition"] = (
        f'attachment; filename="closed-{closing.site.code}.json"'
    )
    return response


def _closing(name: uuid.UUID) -> SiteClosing:
    found = SiteClosing.objects.select_related("site").filter(id=name).first()
    if found is None:
        raise Http404
    return found
