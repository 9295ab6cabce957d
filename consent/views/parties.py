"""The register of parties: adding, approving, ending, closing, and what was told."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import clock
from audit.readers import purpose_words, purposes, staff_act
from audit.say import Say
from consent.errors import (
    PartyInvalid,
    RegisterKnown,
    RegisterOwnApproval,
    RegisterSettled,
)
from consent.forms import EmptyForm
from consent.models import Party
from consent.purposes import Purpose
from consent.register_forms import (
    PARTY_CATEGORIES,
    PARTY_ROLES,
    CertificateForm,
    EndForm,
    PartyForm,
)
from consent.registers import KEEPER
from consent.selectors import disclosures_to
from consent.selectors import parties as parties_all
from consent.services.parties import (
    SHARED,
    Terms,
    party_add,
    party_approve,
    party_close,
    party_end,
)
from consent.views.devices import OWN, SETTLED
from consent.views.office import office_site
from consent.views.pages import language_of
from consent.views.shared import last_day

ADDED = Say("已登记，等另一位同事批准。", "Added; it waits for a colleague.")
APPROVED = Say("已批准，合同期内可以提供。", "Approved, for the term of its contract.")
ENDED = Say("已终止，从现在起什么都不提供。", "Ended: it receives nothing from now on.")
CLOSED = Say("已结案，删除证明的校验值记下了。", "Closed; the certificate is recorded.")
NO_FILE = Say("请选删除证明的文件。", "Please choose the certificate's file.")
KNOWN = Say("这个编号用过了。", "The code is taken.")


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def parties(request: HttpRequest) -> HttpResponse:
    """Show the register of parties."""
    office_site(request)
    context = {"parties": [_shown(one, request) for one in parties_all()]}
    return render(request, "consent/party_list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(KEEPER, raise_exception=True)
def party_new(request: HttpRequest) -> HttpResponse:
    """Add a party, for somebody else to approve."""
    office_site(request)
    language = language_of(request)
    form = PartyForm(language=language)
    status = 200
    if request.method == "POST":
        form = PartyForm(request.POST, files=request.FILES, language=language)
        if form.is_valid() and _added(form, request):
            messages.success(request, ADDED.text(language))
            return redirect("consent:parties")
        status = 400
    context = {
        "form": form,
        "roles": PARTY_ROLES.items(),
        "categories": PARTY_CATEGORIES.items(),
        "purposes": [
            (name, words) for name, words in purposes().items() if name in SHARED
        ],
    }
    return render(request, "consent/party_new.html", context, status=status)


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def party(request: HttpRequest, name: UUID) -> HttpResponse:
    """Show one party, its terms, and what it was told."""
    office_site(request)
    found = next((one for one in parties_all() if one.id == name), None)
    if found is None:
        raise Http404
    told = [
        {"row": row, "what": [PARTY_CATEGORIES[one] for one in row.categories]}
        for row in disclosures_to(party=found)
    ]
    context = {"one": _shown(found, request), "told": told}
    return render(request, "consent/party_detail.html", context)


@require_POST
@permission_required(KEEPER, raise_exception=True)
def party_approved(request: HttpRequest, name: UUID) -> HttpResponse:
    """Approve a party that somebody else added."""
    language = language_of(request)
    EmptyForm(request.POST, language=language)
    try:
        party_approve(party=name, act=staff_act(request.user))
    except RegisterOwnApproval:
        messages.error(request, OWN.text(language))
    except RegisterSettled:
        return _settled(request)
    else:
        messages.success(request, APPROVED.text(language))
    return redirect("consent:party", name)


@require_POST
@permission_required(KEEPER, raise_exception=True)
def party_ended(request: HttpRequest, name: UUID) -> HttpResponse:
    """End a party at once; one person is enough to stop."""
    language = language_of(request)
    form = EndForm(request.POST, files=request.FILES, language=language)
    if not form.is_valid():
        messages.error(request, NO_FILE.text(language))
        return redirect("consent:party", name)
    file = form.cleaned_data["certificate"]
    try:
        party_end(
            party=name,
            act=staff_act(request.user),
            certificate=_hashed(file) if file else None,
        )
    except RegisterSettled:
        return _settled(request)
    messages.success(request, ENDED.text(language))
    return redirect("consent:party", name)


@require_POST
@permission_required(KEEPER, raise_exception=True)
def party_closed(request: HttpRequest, name: UUID) -> HttpResponse:
    """Close a processor that ended, by its certificate of deletion."""
    language = language_of(request)
    form = CertificateForm(request.POST, files=request.FILES, language=language)
    if not form.is_valid():
        messages.error(request, NO_FILE.text(language))
        return redirect("consent:party", name)
    try:
        party_close(
            party=name,
            certificate=_hashed(form.cleaned_data["certificate"]),
            act=staff_act(request.user),
        )
    except RegisterSettled:
        return _settled(request)
    messages.success(request, CLOSED.text(language))
    return redirect("consent:party", name)


def _settled(request: HttpRequest) -> HttpResponse:
    messages.error(request, SETTLED.text(language_of(request)))
    return redirect("consent:parties")


def _hashed(file: UploadedFile) -> str:
    """Return the hash of a file; the file itself stays with whoever sent it."""
    return hashlib.sha256(file.read()).hexdigest()


def _added(form: PartyForm, request: HttpRequest) -> bool:
    given = dict(form.cleaned_data)
    code, contract = given.pop("code"), given.pop("contract")
    given["purposes"] = [Purpose(one) for one in given["purposes"]]
    terms = Terms(contract_sha256=_hashed(contract), **given)
    try:
        party_add(code=code, terms=terms, act=staff_act(request.user))
    except RegisterKnown:
        form.add_error("code", form.text(KNOWN))
    except PartyInvalid as invalid:
        form.add_error(invalid.args[0], form.text(KNOWN))
    else:
        return True
    return False


def _shown(one: Party, request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    state = "live"
    if one.closed_at is not None:
        state = "closed"
    elif one.ended_at is not None:
        state = "ended"
    elif one.until <= now:
        state = "over"
    elif one.approved_at is None:
        state = "waiting"
    elif one.since > now:
        state = "soon"
    own = one.asked_by == staff_act(request.user).id
    keeper = request.user.has_perm(KEEPER)
    return {
        "party": one,
        "name": Say(one.name_zh, one.name_en),
        "scope": Say(one.scope_zh, one.scope_en),
        "role": PARTY_ROLES[one.role],
        "purposes": [purpose_words(name) for name in one.purposes],
        "categories": [PARTY_CATEGORIES[name] for name in one.categories],
        "state": state,
        "last_day": last_day(one),
        "own": own,
        "can_approve": state == "waiting" and keeper and not own,
        "can_end": one.ended_at is None and keeper,
        "can_close": state == "ended" and one.role == "processor" and keeper,
    }
