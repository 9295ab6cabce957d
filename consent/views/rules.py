"""The published rules, for anybody to read, compare, print and keep."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.documents import document_get
from audit.signing import signer_state
from consent.closings import site_closed
from consent.differences import rules_difference
from consent.journal import rules_last
from consent.models import Rules
from consent.rules import LANGUAGES, document, notice
from consent.selectors import rules_get, rules_history, rules_of_hash, site_first
from consent.views.pages import at_site, language_of


@login_not_required
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules in force."""
    site = site_first()
    if site is None:
        raise Http404
    # A site that is closed has none in force; the last ones stay readable.
    return _page(request, rules_last(site=site) or rules_get(site=site))


@login_not_required
@require_GET
def rules_version(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show one published version, by its hash; in the language asked for, if any."""
    version = version_or_404(sha256)
    language = request.GET.get("language", "")
    if language in LANGUAGES:
        # As somebody saw it, whatever the reader of this page has chosen.
        request.LANGUAGE_CODE = language
    response = _page(request, version)
    response["Content-Language"] = language_of(request)
    return response


@login_not_required
@require_GET
def rules_changes(request: HttpRequest, old: str, new: str) -> HttpResponse:
    """Show every difference between two published versions, in the page's language."""
    before, after = version_or_404(old), version_or_404(new)
    at_site(request, after.site)
    found = rules_difference(
        document(sha256=before.sha256),
        document(sha256=after.sha256),
        language_of(request),
    )
    context = {"old": before, "new": after, "difference": found}
    return render(request, "consent/rules_changes.html", context)


@login_not_required
@require_GET
def rules_collected(request: HttpRequest, sha256: str) -> HttpResponse:
    """List what a version lets us collect: 收集清单, one page that prints."""
    version = version_or_404(sha256)
    at_site(request, version.site)
    context = {
        "rules": version,
        "notice": notice(sha256=sha256, language=language_of(request)),
    }
    return render(request, "consent/rules_collected.html", context)


@login_not_required
@require_GET
def rules_file(request: HttpRequest, sha256: str) -> HttpResponse:
    """Hand out the very bytes whose SHA-256 is the version's hash."""
    content = document_get(sha256=version_or_404(sha256).sha256)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="rules-{sha256[:16]}.json"'
    return response


def version_or_404(sha256: str) -> Rules:
    """Return a published version; no other text of the log is found by its hash."""
    version = rules_of_hash(sha256=sha256)
    if version is None:
        raise Http404
    return version


def _page(request: HttpRequest, shown: Rules) -> HttpResponse:
    at_site(request, shown.site)
    context = {
        "rules": {
            "label": shown.label,
            "sha256": shown.sha256,
            "published_at": shown.published_at,
            "in_force": shown.retired_at is None,
            "closed": site_closed(site=shown.site)
            and shown == rules_last(site=shown.site),
        },
        "notice": notice(sha256=shown.sha256, language=language_of(request)),
        "versions": rules_history(),
        "signer": signer_state(),
        # Whoever changes the language wants that one, not the one asked for.
        "language_next": request.path,
    }
    return render(request, "consent/rules_detail.html", context)
