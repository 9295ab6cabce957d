"""Asking a visitor, on their own page, whether an agent announced them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audit.drafts import VISITOR
from consent.views.pages import language_of
from leads.answers import SAID, referral_answer
from leads.forms import AnswerForm
from leads.models import Channel
from leads.questions import answer_last, visit_asked
from leads.views.me import subject_of


@login_not_required
@require_http_methods(["GET", "POST"])
def agent(request: HttpRequest) -> HttpResponse:
    """Ask with the list of all channels, the same for all, and take the answer."""
    subject = subject_of(request)
    visit = visit_asked(subject=subject)
    if visit is None:
        return redirect("leads:me")
    language = language_of(request)
    before = answer_last(visit=visit)
    channels = list(Channel.objects.filter(site=visit.site).order_by("code"))
    form = AnswerForm(language=language, channels=channels, unsaid=before is None)
    status = 200
    if request.method == "POST":
        form = AnswerForm(
            request.POST, language=language, channels=channels, unsaid=before is None
        )
        status = 400
        if form.is_valid():
            referral_answer(
                visit=visit,
                said=form.cleaned_data["said"],
                channels=form.cleaned_data["channels"],
                act=VISITOR,
            )
            return redirect("leads:me")
    context = {
        "form": form,
        "visit": visit,
        "channels": [(one.code, one.name.text(language)) for one in channels],
        "named": request.POST.getlist("channels"),
        "before": SAID[before.said] if before else None,
    }
    return render(request, "leads/answer_form.html", context, status=status)
