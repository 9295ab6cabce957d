"""The published rules, for anybody to read: the ones in force and the earlier ones."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.signing import signer_state
from consent.journal import rules_last
from consent.models import Rules
from consent.rules import LANGUAGES, notice
from consent.selectors import rules_get, rules_list, site_first
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
    language = request.GET.get("language", "")
    for version in rules_list():
        if version.sha256 == sha256:
            if language in LANGUAGES:
                # As somebody saw it, whatever the reader of this page has chosen.
                request.LANGUAGE_CODE = language
            response = _page(request, version)
            response["Content-Language"] = language_of(request)
            return response
    raise Http404


def _page(request: HttpRequest, shown: Rules) -> HttpResponse:
    at_site(request, shown.site)
    context = {
        "rules": {
            "label": shown.label,
            "sha256": shown.sha256,
            "published_at": shown.published_at,
            "in_force": shown.retired_at is None,
        },
        "notice": notice(sha256=shown.sha256, language=language_of(request)),
        "versions": rules_list(),
        "signer": signer_state(),
        # Whoever changes the language wants that one, not the one asked for.
        "language_next": request.path,
    }
    return render(request, "consent/rules_detail.html", context)
