"""For managers: what the rules cannot settle, and settling it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit.readers import staff_act
from audit.say import Say
from consent.views.pages import language_of
from leads.errors import RulingSettled
from leads.forms import RulingForm
from leads.reviews import review_at, review_shown, reviews_open
from leads.rulings import channels_concerned, ruling_make, ruling_open
from leads.views.access import staff_site

RULED = Say(
    "裁定已记下，这次到访重新判定了。",
    "The ruling is recorded and the visit decided anew.",
)
RULED_ONLY = Say(
    "裁定已记下。客人已停止渠道归属，判定保持原样，裁定只用于佣金。",
    "The ruling is recorded. The visitor had stopped attribution: the decision stands,"
    " and the ruling counts for the commission only.",
)


@require_GET
@permission_required("leads.rule_visit", raise_exception=True)
def reviews(request: HttpRequest) -> HttpResponse:
    """Show what waits for a person, oldest first."""
    site = staff_site(request)
    rows = reviews_open(site=site, language=language_of(request))
    return render(request, "leads/review_list.html", {"reviews": rows})


@require_http_methods(["GET", "POST"])
@permission_required("leads.rule_visit", raise_exception=True)
def review(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show one visit with all its facts, and take the ruling."""
    site = staff_site(request)
    decision = review_at(site=site, identifier=name)
    if decision is None:
        raise Http404
    if not ruling_open(decision=decision):
        raise RulingSettled
    language = language_of(request)
    channels = channels_concerned(decision=decision)
    form = RulingForm(language=language, channels=channels)
    status = 200
    if request.method == "POST":
        form = RulingForm(request.POST, language=language, channels=channels)
        status = 400
        if form.is_valid():
            ruling = ruling_make(
                decision=decision,
                channel=form.cleaned_data["belongs"],
                reason=form.cleaned_data["reason"],
                act=staff_act(request.user),
            )
            said = RULED if ruling.decides else RULED_ONLY
            messages.success(request, said.text(language))
            return redirect("leads:reviews")
    context = {**review_shown(decision=decision, language=language), "form": form}
    return render(request, "leads/review_detail.html", context, status=status)
