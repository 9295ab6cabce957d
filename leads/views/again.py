"""On one's own page: the rules changed, and the person is asked again."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from consent.errors import FieldsUnknown
from consent.purposes import Purpose
from consent.rules import notice, purpose_notice
from consent.services.reasking import question_answer, question_find, question_show
from consent.views.pages import language_of
from leads.forms import AgainForm
from leads.views.me import subject_of


@login_not_required
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Ask one question again, or take its answer."""
    subject = subject_of(request)
    language = language_of(request)
    form = AgainForm(request.POST, language=language)
    if not form.is_valid():
        raise FieldsUnknown
    purpose = Purpose(form.cleaned_data["purpose"])
    answer = form.cleaned_data["answer"]
    if answer:
        question_answer(
            subject=subject,
            purpose=purpose,
            yes=answer == "yes",
            rules=form.cleaned_data["rules"],
            language=language,
        )
        if answer == "no":
            return redirect("leads:withdrawn")
        if purpose == Purpose.CONTACT:
            # What was kept went with the old consent; it is theirs to leave anew.
            return redirect("leads:correct")
        return redirect(reverse("leads:me") + "#choices")
    question = question_find(subject=subject, purpose=purpose)
    if question is None:
        return redirect("leads:me")
    question_show(question=question, language=language)
    words = {
        name: purpose_notice(
            words=notice(sha256=rules.sha256, language=language), purpose=purpose
        )
        for name, rules in (("old", question.before.rules), ("new", question.rules))
    }
    context = {
        "purpose": purpose,
        "rules": question.rules,
        "prior": question.before.rules,
        "until": question.before.until,
        **words,
    }
    return render(request, "leads/question_again.html", context)
