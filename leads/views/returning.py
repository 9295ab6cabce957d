"""Coming back at a kiosk: by pass, by number, or by four digits and a face."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.drafts import VISITOR
from audit.say import Say
from consent.errors import NoticeChanged, PassUnknown, StepOutOfOrder
from consent.forms import EmptyForm, StrictForm
from consent.gate import EVERYBODY, FEW, ONE
from consent.models import Consent, Subject
from consent.purposes import Purpose
from consent.rules import MATCHING, notice
from consent.selectors import rules_get
from consent.services.links import pass_find
from consent.views.pages import language_of
from leads.availability import (
    face_demand,
    face_offered,
    face_stopped,
    match_stands,
)
from leads.candidates import candidate, candidates
from leads.captures import compare_begin
from leads.contacts import subject_of_phone
from leads.errors import NobodyEnrolled
from leads.forms import CodeForm, CompareForm, DigitsForm, PhoneForm
from leads.kiosks import attempt_failed, attempts_allow, kiosk_act
from leads.models import Visit
from leads.views.access import (
    KioskRequest,
    face_function,
    guest,
    guest_nonce,
    guest_nonce_renew,
    guest_set,
    kiosk_page,
    named,
    network_is_ours,
    on_site,
)
from leads.visits import visit_by_phone, visit_key, visit_record

NO_PASS = Say(
    "没有找到这个通行码。请核对一下，或换个办法。",
    "We cannot find this pass. Please check it, or choose another way.",
)
NO_PHONE = Say(
    "用这个号码不能登记。请换个办法，或到前台。",
    "This number cannot check in. Please choose another way, or come to the desk.",
)
NO_FACE = Say(
    "这个尾号没有登记过的人脸，不需要开摄像头。请换个办法。",
    "Nobody with this ending is enrolled, so no camera is needed."
    " Please choose another way.",
)
NO_FACE_OF_PASS = Say(
    "这个通行码没有登记过人脸，不需要开摄像头。直接登记就可以。",
    "No face is enrolled with this pass, so no camera is needed. Just check in.",
)
NEW_RULES = Say(
    "刚刚换了新的说明，请再看一遍，再选。",
    "The rules have just changed. Please read them again, then choose.",
)

ASKING = ("confirm", "ask")
"""Answers of the camera on which the visitor has the last word."""


@kiosk_page
@require_GET
def ways(request: KioskRequest) -> HttpResponse:
    """Offer the ways of coming back."""
    guest_nonce_renew(request)
    site = request.kiosk.site
    context = {
        "face_offered": face_offered(kiosk=request.kiosk, matching=FEW),
        "search_offered": face_offered(kiosk=request.kiosk, matching=EVERYBODY),
        "face_off": face_stopped(site=site),
    }
    return render(request, "leads/kiosk_return.html", context)


@kiosk_page
@require_http_methods(["GET", "POST"])
def by_pass(request: KioskRequest) -> HttpResponse:
    """Check in with the 8 characters of a pass, or go on to compare a face with it."""
    language = language_of(request)
    form = CodeForm(language=language)
    if request.method == "GET":
        guest_nonce_renew(request)
        return _form(request, "pass", form)
    form = CodeForm(request.POST, language=language)
    attempts_allow(kiosk=request.kiosk)
    if not form.is_valid():
        return _form(request, "pass", form, status=400)
    kiosk = request.kiosk
    try:
        subject = pass_find(code=form.cleaned_data["code"], site=kiosk.site)
    except PassUnknown:
        return _wrong(request, "pass", form, "code", NO_PASS)
    if form.cleaned_data["way"]:
        try:
            found = candidate(subject=subject, kiosk=kiosk)
        except NobodyEnrolled:
            form.add_error("code", form.text(NO_FACE_OF_PASS))
            return _form(request, "pass", form, status=404)
        _asked(request, [found], ONE)
        return redirect("leads:return_consent")
    visit_record(
        site=kiosk.site,
        subject=subject,
        verified_by=Visit.VerifiedBy.PASS,
        key=visit_key(nonce=guest_nonce(request), subject=subject.id),
        act=kiosk_act(kiosk),
        kiosk=kiosk,
    )
    return _arrived(request, "checked_in")


@kiosk_page
@require_http_methods(["GET", "POST"])
def by_phone(request: KioskRequest) -> HttpResponse:
    """Check in with a whole phone number that was left under `contact`."""
    language = language_of(request)
    form = PhoneForm(language=language)
    if request.method == "GET":
        guest_nonce_renew(request)
        return _form(request, "phone", form)
    form = PhoneForm(request.POST, language=language)
    attempts_allow(kiosk=request.kiosk)
    if not form.is_valid():
        return _form(request, "phone", form, status=400)
    kiosk = request.kiosk
    subject = subject_of_phone(phone=form.cleaned_data["phone"], site=kiosk.site)
    if subject is None:
        return _wrong(request, "phone", form, "phone", NO_PHONE)
    visit_by_phone(
        site=kiosk.site,
        subject=subject,
        key=visit_key(nonce=guest_nonce(request), subject=subject.id),
        act=kiosk_act(kiosk),
        kiosk=kiosk,
    )
    return _arrived(request, "checked_in")


@kiosk_page
@on_site
@face_function
@require_http_methods(["GET", "POST"])
def by_face(request: KioskRequest) -> HttpResponse:
    """Take four digits; the camera stays off until the person says yes to it."""
    face_demand(kiosk=request.kiosk, matching=FEW)
    language = language_of(request)
    form = DigitsForm(language=language)
    if request.method == "GET":
        guest_nonce_renew(request)
        return _form(request, "face", form)
    form = DigitsForm(request.POST, language=language)
    attempts_allow(kiosk=request.kiosk)
    if not form.is_valid():
        return _form(request, "face", form, status=400)
    digits = form.cleaned_data["digits"]
    try:
        found = candidates(digits=digits, kiosk=request.kiosk)
    except NobodyEnrolled:
        return _wrong(request, "face", form, "digits", NO_FACE)
    _asked(request, found, FEW)
    return redirect("leads:return_consent")


@kiosk_page
@on_site
@face_function
@require_POST
def by_search(request: KioskRequest) -> HttpResponse:
    """Go on to ask whether a face may be compared with everybody enrolled here."""
    EmptyForm(request.POST, language=language_of(request))
    face_demand(kiosk=request.kiosk, matching=EVERYBODY)
    guest_nonce_renew(request)
    _asked(request, [], EVERYBODY)
    return redirect("leads:return_consent")


@kiosk_page
@on_site
@face_function
@require_http_methods(["GET", "POST"])
def compare_consent(request: KioskRequest) -> HttpResponse:
    """Ask the person in front for one comparison; their tap opens the camera."""
    asked = [named(one) for one in guest(request).get("candidates") or []]
    known = [one for one in asked if one is not None]
    matching = guest(request).get("matching")
    if matching not in MATCHING or not (known or matching == EVERYBODY):
        return redirect("leads:kiosk_return")
    language = language_of(request)
    rules = rules_get(site=request.kiosk.site)
    form = CompareForm(language=language)
    if request.method == "POST":
        form = CompareForm(request.POST, language=language)
        attempts_allow(kiosk=request.kiosk)
        use = None
        if form.is_valid() and form.cleaned_data["matching"] == matching:
            with suppress(NoticeChanged):
                use = compare_begin(
                    candidates=known,
                    matching=matching,
                    shown=form.cleaned_data["rules"],
                    kiosk=request.kiosk,
                    language=language,
                )
        if use is not None:
            # One tap, one comparison: the next one is asked for again.
            guest_set(request, use=str(use.id), walk=None, answer=None)
            return redirect("leads:capture", use.id)
        if form.is_valid():
            # Other rules, or another width, than stood on the screen that was tapped.
            form.add_error(None, form.text(NEW_RULES))
            rules = rules_get(site=request.kiosk.site)
    words = notice(sha256=rules.sha256, language=language)
    face = next(row for row in words["purposes"] if row["id"] == Purpose.FACE_CHECKIN)
    context = {
        "notice": words,
        "face": face,
        "form": form,
        "order": request.kiosk.order,
        "matching": matching,
    }
    status = 400 if form.is_bound else 200
    return render(request, "leads/kiosk_compare_consent.html", context, status=status)


@kiosk_page
@on_site
@face_function
@require_POST
def confirm_yes(request: KioskRequest) -> HttpResponse:
    """Take the visitor's word that it is they who were matched: now they are here."""
    EmptyForm(request.POST, language=language_of(request))
    told = guest(request)
    use, matched = named(told.get("use")), named(told.get("matched"))
    answer = told.get("answer") or {}
    if answer.get("kind") == "welcome":
        return redirect("leads:kiosk_answer")
    if use is None or matched is None or answer.get("kind") not in ASKING:
        raise StepOutOfOrder
    kiosk = request.kiosk
    subject = Subject.objects.get(id=matched)
    if not match_stands(subject=subject, site=kiosk.site):
        return _arrived(request, "unsure")
    visit_record(
        site=kiosk.site,
        subject=subject,
        verified_by=Visit.VerifiedBy.FACE,
        key=f"face-{use}",
        act=VISITOR,
        kiosk=kiosk,
    )
    return _arrived(request, "welcome")


@kiosk_page
@on_site
@face_function
@require_POST
def confirm_no(request: KioskRequest) -> HttpResponse:
    """Take the visitor's word that it is not they; the other ways stay."""
    EmptyForm(request.POST, language=language_of(request))
    return _arrived(request, "unsure")


def _form(
    request: KioskRequest, way: str, form: StrictForm, *, status: int = 200
) -> HttpResponse:
    guest_nonce(request)
    context = {
        "way": way,
        "form": form,
        "with_face": way == "pass"
        and network_is_ours(request)
        and face_offered(kiosk=request.kiosk, matching=ONE),
    }
    return render(request, "leads/kiosk_return_form.html", context, status=status)


def _asked(request: KioskRequest, found: Sequence[Consent], matching: str) -> None:
    """Remember with whom the guest may be compared, if they say yes to it."""
    names = [str(one.id) for one in found]
    guest_set(request, candidates=names, matching=matching, answer=None)


def _wrong(
    request: KioskRequest,
    way: str,
    form: StrictForm,
    field: str,
    words: Say,
) -> HttpResponse:
    """Note the wrong attempt and show the form again, with what was typed."""
    attempt_failed(kiosk=request.kiosk)
    form.add_error(field, form.text(words))
    return _form(request, way, form, status=404)


def _arrived(request: KioskRequest, kind: str) -> HttpResponse:
    guest_set(request, answer={"kind": kind, "reasons": []}, matched=None)
    return redirect(reverse("leads:kiosk_answer"))
