"""The front door: home, language, signing in and out, and what Django refuses."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.drafts import SYSTEM
from audit.readers import staff_act
from audit.say import Say
from consent import journal
from consent.attempts import attempt_wrong, attempts_forget, attempts_wrong
from consent.selectors import site_first
from consent.views.pages import at_site, language_of
from salescenter.middleware import LANGUAGE_COOKIE, SIZE_COOKIE, SIZES

LANGUAGE_SECONDS = 30 * 24 * 3600
KIOSK, STAFF, PHONE = "base_kiosk.html", "base_staff.html", "base_phone.html"
STAFF_PATHS = (
    "/desk/",
    "/decisions/",
    "/channels/",
    "/reviews/",
    "/log/",
    "/office/",
    "/login/",
    "/logout/",
)

WRONG_MAX = {"username": 10, "address": 30}
"""Wrong sign-ins in ten minutes; colleagues share an address, so it has more."""

REFUSED: dict[int, tuple[str, Say, Say]] = {
    400: (
        "bad_request",
        Say("这个请求看不懂", "This request cannot be read"),
        Say("请回到上一页再试。", "Please go back and try again."),
    ),
    403: (
        "forbidden",
        Say("这一页不对您开放", "This page is not open to you"),
        Say("请登录有权限的账号，或问管理员。", "Sign in with an account that may."),
    ),
    404: (
        "not_found",
        Say("没有这一页", "There is no such page"),
        Say("请回到首页。", "Please go back to the first page."),
    ),
    500: (
        "failed",
        Say("抱歉，是我们这边出了问题", "Sorry. Something went wrong on our side"),
        Say("请到前台，同事会帮您。", "Please come to the desk; we will help you."),
    ),
}
CSRF_TITLE = Say("这一页放得太久了", "This page is too old")
CSRF_TODO = Say("请重新打开这一页再试。", "Please open the page again and retry.")
SAFE = Say("没有保存任何内容。", "Nothing was kept.")


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the doors of the house."""
    _at_first_site(request)
    return render(request, "home.html")


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on, and go back to the page."""
    known = {code for code, _ in settings.LANGUAGES}
    chosen = request.POST.get("lang", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts=None, require_https=request.is_secure()
    ):
        target = "/"
    response = redirect(target)
    if chosen in known:
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            max_age=LANGUAGE_SECONDS,
            httponly=True,
            secure=settings.HTTPS,
            samesite="Lax",
        )
    return response


@login_not_required
@require_POST
def type_size(request: HttpRequest) -> HttpResponse:
    """Show larger type from now on, or the usual again, and go back to the page."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts=None, require_https=request.is_secure()
    ):
        target = "/"
    response = redirect(target)
    size = request.POST.get("size", "")
    if size in SIZES:
        response.set_cookie(
            SIZE_COOKIE,
            size,
            max_age=LANGUAGE_SECONDS,
            httponly=True,
            secure=settings.HTTPS,
            samesite="Lax",
        )
    return response


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign a member of staff in; that, and every refusal, is in the log.

    After too many wrong ones nothing is checked, and the log is told of it once.
    """
    _at_first_site(request)
    target = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/"
    form = AuthenticationForm(request)
    status = 200
    who = _who_tries(request)
    blocked = request.method == "POST" and any(
        attempts_wrong(what=what, who=name) >= WRONG_MAX[what] for what, name in who
    )
    if blocked:
        # Before the password is looked at: hashing it costs a core.
        first = [
            what
            for what, name in who
            if attempts_wrong(what=what, who=name) == WRONG_MAX[what]
        ]
        for what, name in who:
            if what in first:
                attempt_wrong(what=what, who=name)
        if first:
            _refusal_note()
        status = 429
    elif request.method == "POST":
        form = AuthenticationForm(request, data=request.POST)
        if form.is_valid():
            user = form.get_user()
            with journal.unit(act=staff_act(user), site=None) as unit:
                unit.event("staff.signed_in")
            login(request, user)
            attempts_forget(what="username", who=who[0][1])
            return redirect(target)
        for what, name in who:
            attempt_wrong(what=what, who=name)
        _refusal_note()
        status = 400
    context = {"form": form, "next": target, "blocked": blocked}
    return render(request, "registration/login.html", context, status=status)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("home")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django could not read."""
    del exception
    return _refused(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody who lacks the permission."""
    del exception
    return _refused(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist."""
    del exception
    return _refused(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer after a fault of the program."""
    return _refused(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose page is too old, or not ours."""
    del reason
    return _refused(request, 403, title=CSRF_TITLE, todo=CSRF_TODO, code="csrf")


def _who_tries(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what wrong tries are counted by: the name tried, and the address."""
    return [
        ("username", request.POST.get("username", "").strip().casefold()),
        ("address", request.META.get("REMOTE_ADDR", "")),
    ]


def _refusal_note() -> None:
    with journal.unit(act=SYSTEM, site=None) as unit:
        unit.event("staff.refused")


def _at_first_site(request: HttpRequest) -> None:
    site = site_first()
    if site is not None:
        at_site(request, site)


def _base(request: HttpRequest) -> str:
    if request.path.startswith("/kiosk/"):
        return KIOSK
    return STAFF if request.path.startswith(STAFF_PATHS) else PHONE


def _refused(
    request: HttpRequest,
    status: int,
    *,
    title: Say | None = None,
    todo: Say | None = None,
    code: str = "",
) -> HttpResponse:
    known, words, advice = REFUSED[status]
    spoken = language_of(request)
    told: dict[str, Any] = {
        "status": status,
        "code": code or known,
        "title": (title or words).text(spoken),
        "safe": SAFE.text(spoken),
        "todo": (todo or advice).text(spoken),
        "next_url": "/kiosk/" if request.path.startswith("/kiosk/") else "/",
        "base": _base(request),
    }
    if "application/json" in request.headers.get("Accept", ""):
        text = f"{told['title']} {told['todo']}"
        body = {"error": told["code"], "text": text, "next": told["next_url"]}
        return JsonResponse(body, status=status)
    return render(request, "errors/error.html", told, status=status)
