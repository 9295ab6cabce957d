"""The officer's queue: what people asked, and answering it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit import clock
from audit.readers import purpose_words, staff_act
from audit.say import Say
from consent.forms import AnswerForm
from consent.models import Request
from consent.requests import (
    ALARM,
    KINDS,
    OUTCOMES,
    REASONS,
    WARN,
    request_at,
    request_shown,
    requests_answered,
    requests_open,
)
from consent.selectors import consent_barred, consents_live
from consent.services.requesting import request_answer, request_read
from consent.views.office import office_site
from consent.views.pages import language_of

ANSWERED_SHOWN = 50
ANSWERED = Say("已答复 {label}。", "{label} is answered.")


@require_GET
@permission_required("consent.answer_request", raise_exception=True)
def request_list(request: HttpRequest) -> HttpResponse:
    """Show what waits for an answer, soonest due first, and what was answered."""
    office_site(request)
    now = clock.now()
    context = {
        "open": [
            {
                "request": one,
                "kind": KINDS[one.kind],
                "late": one.due <= now,
                "urgent": one.opened_at + ALARM <= now,
                "pressing": one.opened_at + WARN <= now,
            }
            for one in requests_open()
        ],
        "answered": [
            {
                "request": one,
                "kind": KINDS[one.kind],
                "outcome": OUTCOMES[one.outcome or ""],
            }
            for one in requests_answered(rows=ANSWERED_SHOWN)
        ],
    }
    return render(request, "consent/request_list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("consent.answer_request", raise_exception=True)
def request_detail(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show one request with what it concerns, and take its answer."""
    office_site(request)
    language = language_of(request)
    found = request_at(identifier=name)
    form = AnswerForm(language=language)
    status = 200
    if request.method == "POST":
        form = AnswerForm(request.POST, language=language)
        status = 400
        if form.is_valid():
            done = request_answer(
                request=found,
                outcome=form.cleaned_data["outcome"],
                reason=form.cleaned_data["reason"] or None,
                words=form.cleaned_data["words"],
                act=staff_act(request.user),
            )
            told = ANSWERED.text(language).format(label=done.label)
            messages.success(request, told)
            return redirect("consent:requests")
    request_read(request=found, act=staff_act(request.user))
    context = {
        **request_shown(request=found),
        "form": form,
        "outcomes": OUTCOMES.items(),
        "reasons": REASONS.items(),
        "concerns": purpose_words(found.purpose) if found.purpose else None,
        "consents": _consents(found),
        "does": found.kind in {"delete", "restrict"} and found.subject is not None,
    }
    return render(request, "consent/request_detail.html", context, status=status)


def _consents(request: Request) -> list[dict[str, object]]:
    """Return the living consents of who asked: purpose, term, and nothing of them."""
    if request.subject is None:
        return []
    return [
        {
            "title": purpose_words(one.purpose),
            "until": one.until,
            "barred": consent_barred(consent=one) is not None,
        }
        for one in consents_live(subject=request.subject)
    ]
