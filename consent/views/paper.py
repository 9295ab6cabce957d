"""The rules on paper: the poster of the door, and the sheet that lies on the desk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from audit.drawing import qr_svg
from consent.rules import notice
from consent.views.pages import at_site, language_of
from consent.views.rules import version_or_404


@login_not_required
@require_GET
def rules_poster(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show the poster of a version: a promise, and a code that opens the whole text."""
    return render(request, "consent/rules_poster.html", _context(request, sha256))


@login_not_required
@require_GET
def rules_sheet(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show the first layer of a version's notice on one page for the desk."""
    return render(request, "consent/rules_sheet.html", _context(request, sha256))


def _context(request: HttpRequest, sha256: str) -> dict[str, Any]:
    version = version_or_404(sha256)
    at_site(request, version.site)
    # Scanned by phones of guests, so in the address that those can reach.
    path = reverse("consent:rules_version", args=[version.sha256])
    address = f"{settings.PUBLIC_URL}{path}"
    return {
        "rules": version,
        "notice": notice(sha256=sha256, language=language_of(request)),
        "address": address,
        "qr": qr_svg(address),
    }
