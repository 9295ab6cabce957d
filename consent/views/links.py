"""Opening a visitor's own page: by its link, by its 12 characters, or by the pass."""

from __future__ import annotations

from contextlib import suppress

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audit.say import Say
from consent.attempts import attempt_wrong
from consent.errors import AttemptsTooMany, LinkUnknown, PassUnknown
from consent.forms import LinkForm
from consent.models import Subject
from consent.selectors import site_first, sites
from consent.services.links import (
    link_find,
    link_issue,
    link_of_code,
    link_token,
    pass_find,
)
from consent.views.pages import (
    VISITOR_COOKIE,
    VISITOR_SECONDS,
    at_site,
    cookie_set,
    language_of,
)

WRONG_MAX = 100
"""Wrong codes in ten minutes, from one address, that are answered one by one."""

UNKNOWN = Say(
    "没有找到这个编码，请核对一下。", "We cannot find this code. Please check it."
)


@login_not_required
@require_http_methods(["GET", "POST"])
def link_open(request: HttpRequest) -> HttpResponse:
    """Take the token that stands behind the link's `#`, or a code that was typed."""
    site = site_first()
    if site is not None:
        at_site(request, site)
    language = language_of(request)
    if request.method == "GET":
        form = LinkForm(language=language)
        return render(request, "consent/link_open.html", {"form": form})
    form = LinkForm(request.POST, language=language)
    status = 400
    if form.is_valid():
        try:
            subject = _subject(form, request.META.get("REMOTE_ADDR", ""))
        except (LinkUnknown, PassUnknown):
            form.add_error("code", form.text(UNKNOWN))
            status = 404
        else:
            response = redirect("leads:me")
            token = link_token(link=link_issue(subject=subject))
            cookie_set(response, VISITOR_COOKIE, token, seconds=VISITOR_SECONDS)
            return response
    return render(request, "consent/link_open.html", {"form": form}, status=status)


def _subject(form: LinkForm, address: str) -> Subject:
    """Return whose page is opened; only wrong codes are counted, and never held
    against somebody who has a right one.
    """
    token = form.cleaned_data["token"]
    if token:
        return link_find(token=token)
    code = form.cleaned_data["code"]
    with suppress(LinkUnknown):
        return link_of_code(code=code)
    for site in sites():
        with suppress(PassUnknown):
            return pass_find(code=code, site=site)
    if attempt_wrong(what="pass", who=address) > WRONG_MAX:
        raise AttemptsTooMany
    raise PassUnknown
