"""The verifier's page for visitors and inspectors: it sends nothing anywhere."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from audit import verify_page


@login_not_required
@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """Show the page of the exports, under a policy that allows it no connection."""
    del request
    response = HttpResponse(verify_page.page(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = verify_page.policy()
    return response
