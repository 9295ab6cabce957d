"""Drafts of rules and assessments: writing, submitting, and what another decides."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit import clock
from audit.drafts import Act
from audit.readers import purpose_words, staff_act
from audit.say import Say
from consent import assessments, labels
from consent.changes import Change, purposes_changed, rules_changes
from consent.editing import PURPOSES_FIELD, Section, choices, edited, offered, sections
from consent.errors import (
    AssessmentInvalid,
    DraftOfAnother,
    FieldsUnknown,
    RulesInvalid,
    RulesUnfit,
)
from consent.forms import CSRF_FIELD
from consent.journal import rules_in_force
from consent.lint import CODES
from consent.models import Draft, ImpactAssessment, Site
from consent.models.drafts import KINDS
from consent.rules import document as rules_document
from consent.selectors import (
    assessments_list,
    consents_live_count,
    drafts_list,
)
from consent.services.drafting import (
    draft_begin,
    draft_discard,
    draft_return,
    draft_save,
    draft_source,
    draft_submit,
)
from consent.services.publishing import (
    assessment_approve,
    assessment_go_stale,
    rules_findings,
    rules_publish,
)
from consent.views.office import office_site
from consent.views.pages import language_of

SAVED = Say("已保存。", "Saved.")
SUBMITTED = Say("已提交，等另一个人批准。", "Submitted; another person approves it.")
UNFIT = Say(
    "已保存，但还不能提交：看下面标出的地方。",
    "Saved, but it cannot be submitted yet: see what is marked below.",
)
PUBLISHED = Say("已公布，从现在起施行。", "Published, and in force from now on.")
APPROVED = Say("已批准。", "Approved.")
RETURNED = Say("已退回作者。", "Returned to its author.")
DISCARDED = Say("已放弃这份草稿。", "This draft is discarded.")
STALE = Say("已作废，相关的人脸功能马上停了。", "Suspended; its faces are off at once.")
NOTE_NEEDED = Say("请写明为什么退回。", "Please say why it is returned.")


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def drafts(request: HttpRequest) -> HttpResponse:
    """Show rules and assessments in force, and every draft of them."""
    site = office_site(request)
    now = clock.now()
    context = {
        "rules": rules_in_force(site=site),
        "assessments": [
            {"assessment": one, "live": one.stale_at is None and one.until > now}
            for one in assessments_list(site=site)
        ],
        "open": drafts_list(site=site, decided=False),
        "past": drafts_list(site=site, decided=True)[:20],
        "act": staff_act(request.user),
    }
    return render(request, "consent/draft_list.html", context)


@require_POST
@permission_required("consent.draft_rules", raise_exception=True)
def draft_new(request: HttpRequest) -> HttpResponse:
    """Begin a draft from what is in force, or from an earlier draft."""
    site = office_site(request)
    kind, source = request.POST.get("kind", ""), request.POST.get("source", "")
    if kind not in KINDS or set(request.POST) - {"kind", "source", CSRF_FIELD}:
        raise FieldsUnknown
    earlier = _draft(site, source) if source else None
    begun = draft_begin(
        site=site,
        kind=kind,
        document=draft_source(site=site, kind=kind, earlier=earlier),
        act=staff_act(request.user),
    )
    return redirect("consent:draft", name=begun.id)


@require_GET
@permission_required("consent.view_office", raise_exception=True)
def draft(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show a draft: as a form to its author, and to the others to read and decide."""
    site = office_site(request)
    return _page(request, _draft(site, name))


@require_POST
@permission_required("consent.draft_rules", raise_exception=True)
def draft_write(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Keep what its author wrote, and hand it on when that was asked."""
    site, act = office_site(request), staff_act(request.user)
    found, language = _draft(site, name), language_of(request)
    if found.author != act.id:
        raise DraftOfAnother
    then = request.POST.get("then", "save")
    posted = {
        path: request.POST[path]
        for path in request.POST
        if path not in {CSRF_FIELD, PURPOSES_FIELD, "then"}
    }
    document = edited(
        kind=found.kind,
        document=found.document,
        posted=posted,
        purposes=request.POST.getlist(PURPOSES_FIELD),
    )
    found = draft_save(draft=found, document=document, act=act)
    if then != "submit":
        messages.success(request, SAVED.text(language))
        return redirect("consent:draft", name=found.id)
    try:
        draft_submit(draft=found, act=act)
    except (RulesInvalid, RulesUnfit, AssessmentInvalid):
        messages.error(request, UNFIT.text(language))
        return redirect("consent:draft", name=found.id)
    messages.success(request, SUBMITTED.text(language))
    return redirect("consent:drafts")


@require_POST
@permission_required("consent.approve_rules", raise_exception=True)
def draft_decide(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Publish or approve another's draft as it is, or return it with a note."""
    site, act = office_site(request), staff_act(request.user)
    found, language = _draft(site, name), language_of(request)
    if set(request.POST) - {"then", "note", CSRF_FIELD}:
        raise FieldsUnknown
    note = request.POST.get("note", "").strip()
    then = request.POST.get("then")
    if then not in {"publish", "return"}:
        raise FieldsUnknown
    if then == "return":
        if not note:
            messages.error(request, NOTE_NEEDED.text(language))
            return redirect("consent:draft", name=found.id)
        draft_return(draft=found, note=note, act=act)
        messages.success(request, RETURNED.text(language))
    elif found.kind == "rules":
        rules_publish(draft=found, act=act)
        messages.success(request, PUBLISHED.text(language))
    else:
        assessment_approve(draft=found, act=act)
        messages.success(request, APPROVED.text(language))
    return redirect("consent:drafts")


@require_POST
@permission_required("consent.draft_rules", raise_exception=True)
def draft_drop(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Let go of one's own draft."""
    site = office_site(request)
    draft_discard(draft=_draft(site, name), act=staff_act(request.user))
    messages.success(request, DISCARDED.text(language_of(request)))
    return redirect("consent:drafts")


@require_POST
@permission_required("consent.approve_rules", raise_exception=True)
def assessment_suspend(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Set an assessment to stale: after an incident, or because its purpose changed."""
    site = office_site(request)
    found = ImpactAssessment.objects.filter(id=name, site=site).first()
    reason = request.POST.get("reason", "")
    if found is None:
        raise Http404
    if reason not in {"incident", "purpose"}:
        raise FieldsUnknown
    assessment_go_stale(assessment=found, reason=reason, act=staff_act(request.user))
    messages.success(request, STALE.text(language_of(request)))
    return redirect("consent:drafts")


def _draft(site: Site, name: uuid.UUID | str) -> Draft:
    try:
        wanted = uuid.UUID(str(name))
    except ValueError:
        raise Http404 from None
    found = Draft.objects.select_related("site__operator").filter(id=wanted, site=site)
    draft = found.first()
    if draft is None:
        raise Http404
    return draft


def _page(request: HttpRequest, shown: Draft) -> HttpResponse:
    act: Act = staff_act(request.user)
    document = shown.document
    parts = sections(kind=shown.kind, document=document)
    found = _findings(shown, document)
    mine = shown.author == act.id
    may_decide = request.user.has_perm("consent.approve_rules")
    waits = shown.submitted_at is not None and shown.outcome is None
    context = {
        "draft": shown,
        "mine": mine,
        "editable": mine and shown.submitted_at is None and shown.outcome is None,
        "waits": waits,
        "may_decide": waits and may_decide and not mine,
        "parts": [_part_row(part, found) for part in parts],
        "findings": _finding_rows(parts, found),
        "purposes": [
            {
                "code": code,
                "title": purpose_words(code),
                "chosen": code in document.get("purposes", {}),
            }
            for code in offered(shown.kind)
        ],
        **(_consequences(shown, document, parts) if shown.kind == "rules" else {}),
    }
    return render(request, "consent/draft_detail.html", context)


def _findings(shown: Draft, document: dict[str, Any]) -> list[tuple[str, str]]:
    """Return code and place of whatever keeps a draft from being submitted."""
    if shown.outcome is not None:
        return []
    if shown.kind == "assessment":
        return [("empty", place) for place in assessments.missing(document)]
    found = rules_findings(document=document, site=shown.site)
    return [(one.code, one.field) for one in found]


def _part_row(part: Section, found: list[tuple[str, str]]) -> dict[str, Any]:
    told: dict[str, list[Say]] = defaultdict(list)
    for code, place in found:
        told[place].append(CODES[code])

    def row(field: Any) -> dict[str, Any]:
        says = [
            reason
            for place, reasons in told.items()
            if place == field.place or place.startswith(f"{field.place}.")
            for reason in reasons
        ]
        return {
            "field": field,
            "choices": choices(field.path.rpartition("/")[2]),
            "findings": says,
            "english": field.path.startswith("languages/en/"),
        }

    terms = [row(field) for field in part.terms]
    pairs = [(row(one), row(two)) for one, two in part.pairs]
    return {"title": part.title, "name": part.name, "terms": terms, "pairs": pairs}


def _finding_rows(
    parts: list[Section], found: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return each finding with the field that it is shown beside, if there is one."""
    fields = [one for part in parts for one in part.fields()]
    rows = []
    for code, place in found:
        beside = next(
            (
                one
                for one in fields
                if place == one.place or place.startswith(f"{one.place}.")
            ),
            None,
        )
        rows.append({"reason": CODES[code], "place": place, "field": beside})
    return rows


def _consequences(
    shown: Draft, document: dict[str, Any], parts: list[Section]
) -> dict[str, Any]:
    """Return what publishing would change, and for whose consents."""
    prior = rules_in_force(site=shown.site)
    if prior is None or shown.outcome is not None:
        return {"prior": prior}
    old = rules_document(sha256=prior.sha256)
    try:
        material = purposes_changed(old=old, new=document)
        found = rules_changes(old=old, new=document)
    except (KeyError, TypeError):
        # A draft that is not whole yet; the findings say what it lacks.
        return {"prior": prior}
    called = {one.place: one.label for part in parts for one in part.fields()}
    return {
        "prior": prior,
        "changes": [_change_row(one, called) for one in found],
        "frozen": [
            {
                "title": purpose_words(purpose),
                "count": consents_live_count(site=shown.site, purpose=purpose),
            }
            for purpose in material
        ],
    }


def _change_row(change: Change, called: dict[str, Say]) -> dict[str, Any]:
    label = called.get(change.field)
    if label is None:
        name = change.field.rpartition(".")[2]
        label = labels.FIELDS.get(name) or labels.TERMS.get(name)
    language = change.field.split(".")[1] if change.field.startswith("lang") else ""
    return {
        "change": change,
        "label": label,
        "title": purpose_words(change.purpose) if change.purpose else None,
        "language": language,
    }
