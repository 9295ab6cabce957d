"""Rules of attribution: reading, drafting, trying and publishing them; the notice."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.readers import staff_act
from audit.say import Say
from consent.errors import DraftOfAnother, FieldsUnknown
from consent.forms import CSRF_FIELD
from consent.models import Site
from consent.selectors import site_first
from consent.views.pages import at_site, language_of
from leads.attribution import terms
from leads.errors import AttributionDraftUnfit
from leads.models import AttributionDraft
from leads.rulebooks import (
    draft_at,
    draft_shown,
    drafts_shown,
    notice,
    simulation_shown,
    versions_shown,
)
from leads.rulemaking import (
    attribution_draft_begin,
    attribution_draft_discard,
    attribution_draft_return,
    attribution_draft_save,
    attribution_draft_submit,
    attribution_named,
    attribution_publish,
    draft_findings,
)
from leads.simulating import simulate
from leads.views.access import staff_site

TRY_SECONDS = 5.0
"""How long a page judges history; the command judges all of it."""

SAVED = Say("已保存。", "Saved.")
SUBMITTED = Say("已提交，等另一个人公布。", "Submitted; another person publishes it.")
UNFIT = Say(
    "已保存，但还不能提交：看下面标出的地方。",
    "Saved, but it cannot be submitted yet: see what is marked below.",
)
PUBLISHED = Say(
    "已公布，到生效日起用。请把通知交给各渠道。",
    "Published; it takes effect on its day. Hand the notice to the channels.",
)
RETURNED = Say("已退回作者。", "Returned to its author.")
DISCARDED = Say("已放弃这份草稿。", "This draft is discarded.")
NOTE_NEEDED = Say("请写明为什么退回。", "Please say why it is returned.")


@require_GET
@permission_required("leads.view_attribution", raise_exception=True)
def rules(request: HttpRequest) -> HttpResponse:
    """Show the versions of the rules of attribution, and every draft."""
    site = staff_site(request)
    context = {
        **versions_shown(site=site),
        **drafts_shown(site=site),
        "act": staff_act(request.user),
    }
    return render(request, "leads/attribution_rules.html", context)


@login_not_required
@require_GET
def channel_notice(request: HttpRequest) -> HttpResponse:
    """Show the rules in force and to come in both languages, to print and hand out."""
    site = site_first()
    if site is None:
        raise Http404
    at_site(request, site)
    context = {**notice(site=site), "site": site}
    return render(request, "leads/attribution_notice.html", context)


@require_POST
@permission_required("leads.draft_attribution", raise_exception=True)
def draft_new(request: HttpRequest) -> HttpResponse:
    """Begin a draft from the rules in force, or from an earlier draft."""
    site = staff_site(request)
    if set(request.POST) - {"source", CSRF_FIELD}:
        raise FieldsUnknown
    source = request.POST.get("source", "")
    begun = attribution_draft_begin(
        site=site,
        act=staff_act(request.user),
        source=_draft(site, source) if source else None,
    )
    return redirect("leads:attribution_draft", name=begun.id)


@require_GET
@permission_required("leads.view_attribution", raise_exception=True)
def draft(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Show a draft: as a form to its author, to the others to read and decide."""
    site = staff_site(request)
    found = _draft(site, name)
    context = _context(request, found)
    return render(request, "leads/attribution_draft.html", context)


@require_POST
@permission_required("leads.draft_attribution", raise_exception=True)
def draft_write(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Keep what its author wrote, and hand it on or try it when that was asked."""
    site, act = staff_site(request), staff_act(request.user)
    found, language = _draft(site, name), language_of(request)
    if found.author != act.id:
        raise DraftOfAnother
    then = request.POST.get("then", "save")
    posted = {
        field: request.POST[field]
        for field in request.POST
        if field not in {CSRF_FIELD, "then"}
    }
    known = {path for path, _, _ in terms.fields(found.document)} | {"family", "day"}
    if set(posted) - known or then not in {"save", "try", "submit"}:
        raise FieldsUnknown
    document = terms.edited(found.document, posted)
    found = attribution_draft_save(
        draft=found,
        document=attribution_named(document=document, site=site),
        act=act,
    )
    if then == "try":
        return redirect("leads:attribution_try", name=found.id)
    if then == "save":
        messages.success(request, SAVED.text(language))
        return redirect("leads:attribution_draft", name=found.id)
    try:
        attribution_draft_submit(draft=found, act=act)
    except AttributionDraftUnfit:
        messages.error(request, UNFIT.text(language))
        return redirect("leads:attribution_draft", name=found.id)
    messages.success(request, SUBMITTED.text(language))
    return redirect("leads:attribution_rules")


@require_GET
@permission_required("leads.view_attribution", raise_exception=True)
def draft_try(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Judge the last visits as if a draft had always been in force; write nothing."""
    site = staff_site(request)
    found = _draft(site, name)
    unfit = [
        one
        for one in draft_findings(draft=found)
        if one.code in {"number", "bounds", "choice"}
    ]
    if unfit and found.outcome is None:
        messages.error(request, UNFIT.text(language_of(request)))
        return redirect("leads:attribution_draft", name=found.id)
    document = found.document
    if terms.day_of(document) is None:
        # When it takes effect plays no part in what it would have changed.
        document["effective_from"] = terms.STARTED
    tried = simulate(rules=document, sites=[site], seconds=TRY_SECONDS)
    context = {
        "draft": found,
        **simulation_shown(site=site, found=tried, language=language_of(request)),
    }
    return render(request, "leads/attribution_try.html", context)


@require_POST
@permission_required("leads.publish_attribution", raise_exception=True)
def draft_decide(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Publish another's draft as it is, or return it with a note."""
    site, act = staff_site(request), staff_act(request.user)
    found, language = _draft(site, name), language_of(request)
    then, note = request.POST.get("then"), request.POST.get("note", "").strip()
    if set(request.POST) - {"then", "note", CSRF_FIELD}:
        raise FieldsUnknown
    if then == "publish":
        attribution_publish(draft=found, act=act)
        messages.success(request, PUBLISHED.text(language))
        return redirect("leads:attribution_rules")
    if then != "return":
        raise FieldsUnknown
    if not note:
        messages.error(request, NOTE_NEEDED.text(language))
        return redirect("leads:attribution_draft", name=found.id)
    attribution_draft_return(draft=found, note=note, act=act)
    messages.success(request, RETURNED.text(language))
    return redirect("leads:attribution_rules")


@require_POST
@permission_required("leads.draft_attribution", raise_exception=True)
def draft_drop(request: HttpRequest, name: uuid.UUID) -> HttpResponse:
    """Let go of one's own draft."""
    site = staff_site(request)
    attribution_draft_discard(draft=_draft(site, name), act=staff_act(request.user))
    messages.success(request, DISCARDED.text(language_of(request)))
    return redirect("leads:attribution_rules")


def _draft(site: Site, name: uuid.UUID | str) -> AttributionDraft:
    try:
        wanted = uuid.UUID(str(name))
    except ValueError:
        raise Http404 from None
    found = draft_at(site=site, identifier=wanted)
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, shown: AttributionDraft) -> dict[str, Any]:
    act = staff_act(request.user)
    mine = shown.author == act.id
    waits = shown.submitted_at is not None and shown.outcome is None
    may = request.user.has_perm("leads.publish_attribution")
    drafts = request.user.has_perm("leads.draft_attribution")
    return {
        "draft": shown,
        **draft_shown(draft=shown),
        "mine": mine,
        "editable": mine
        and drafts
        and shown.submitted_at is None
        and shown.outcome is None,
        "waits": waits,
        "may_decide": waits and may and not mine,
    }
