"""The camera step at a kiosk. Reachable on the site's own network only."""

from __future__ import annotations

import uuid
from collections.abc import Set as AbstractSet
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from audit.errors import DomainError
from audit.say import Say
from consent.challenges import Step
from consent.errors import (
    ConsentEnded,
    ConsentRequired,
    FieldsUnknown,
    StepOutOfOrder,
    UseClosed,
)
from consent.forms import CSRF_FIELD, EmptyForm
from consent.models import Walk
from consent.views.pages import language_of, walk_of
from faces.errors import (
    CameraUnavailable,
    FaceError,
    FrameFault,
    FrameInvalid,
    PixelsBusy,
    PixelsFailed,
    Reason,
)
from faces.pixels import Hint
from faces.presence import STRAIGHT, Seen
from leads.availability import films_here
from leads.captures import (
    COMPARE,
    capture_again,
    capture_done,
    capture_stop,
    enrol_begin,
)
from leads.checkin import (
    UNSEEN,
    Answer,
    capture_answer,
    capture_finish,
    capture_frame,
    capture_hint,
    capture_shown,
)
from leads.demonstration.camera import frame_jpeg
from leads.errors import CapturesTooMany
from leads.forms import GuestForm
from leads.kiosks import attempt_failed, walk_at
from leads.turns import camera_due
from leads.views.access import (
    KioskRequest,
    face_function,
    guest,
    guest_set,
    kiosk_page,
    named,
    on_site,
)

NOT_A_PICTURE = Say(
    "收到的不是可用的照片，没有保存。请再试一次。",
    "What came is not a usable picture; nothing was kept. Please try again.",
)
FRAME = "frame"
HINT_FRAMES_MAX = 1


@kiosk_page
@on_site
@face_function
@require_POST
def start(request: KioskRequest) -> HttpResponse:
    """Open the camera for the guest of a finished walk, on their own press."""
    language = language_of(request)
    form = GuestForm(request.POST, language=language)
    if not form.is_valid():
        raise FieldsUnknown
    name = form.cleaned_data["id"]
    if name is not None:
        walk = walk_at(kiosk=request.kiosk, identifier=name)
        if walk is None or walk.surface == "kiosk":
            raise StepOutOfOrder
    else:
        walk = walk_of(request)
        if walk.surface != "kiosk":
            raise StepOutOfOrder
    if not camera_due(walk=walk):
        # Who asked may be gone, and somebody else stand there: no camera for them.
        return redirect(_answered(request, Answer(kind="late")))
    try:
        use = enrol_begin(walk=walk, kiosk=request.kiosk)
    except CapturesTooMany:
        return redirect(_answered(request, Answer(kind="late")))
    guest_set(request, use=str(use.id), walk=str(walk.id), answer=None)
    return redirect("leads:capture", use.id)


@kiosk_page
@on_site
@face_function
@require_GET
def capture(request: KioskRequest, use: uuid.UUID) -> HttpResponse:
    """Show the only page with a camera, while its use is live."""
    try:
        shown = capture_shown(use=use, kiosk=request.kiosk)
    except (UseClosed, ConsentEnded):
        return redirect(_stopped(request))
    context: dict[str, Any] = {
        "use": use,
        "mode": shown.mode,
        "seconds": shown.seconds,
        "steps": ",".join(shown.steps),
    }
    local = films_here(kiosk=request.kiosk)
    if settings.DEMO_CAMERA:
        context["demo_camera_url"] = reverse("leads:demo_frame", args=[0])[
            : -len("0.jpg")
        ]
    elif local:
        context["local_camera_url"] = reverse("leads:capture_frame", args=[use])
    response = render(request, "leads/kiosk_camera.html", context)
    if not local:
        # The machine's camera was approved for this kiosk, and its browser's was not.
        response.headers["Permissions-Policy"] = "camera=(self)"
    return response


@kiosk_page
@on_site
@face_function
@require_GET
def frame(request: KioskRequest, use: uuid.UUID) -> HttpResponse:
    """Return what the machine's own camera sees, while its use is live.

    It is asked many times a second, beside requests that tell the session something:
    were it saved here, what they told could be overwritten.
    """
    request.session_only_read = True
    if not films_here(kiosk=request.kiosk):
        raise Http404
    try:
        seen = capture_frame(use=use, kiosk=request.kiosk)
    except CameraUnavailable as none:
        return JsonResponse({"error": none.code, "why": none.why}, status=503)
    except (UseClosed, ConsentEnded) as over:
        # The page of the capture knows where a guest goes on.
        address = reverse("leads:capture", args=[use])
        return JsonResponse({"error": over.code, "next": address}, status=410)
    return HttpResponse(seen, content_type="image/jpeg")


@kiosk_page
@on_site
@face_function
@require_POST
def hint(request: KioskRequest, use: uuid.UUID) -> HttpResponse:
    """Say whether one frame would do, or is what was asked for, and forget it.

    It may wait in line while the guest presses stop: were the session saved here, it
    would put back what that told. Only what tells something itself saves.
    """
    request.session_only_read = True
    asked = request.POST.get("step")
    if asked not in (None, STRAIGHT, *Step):
        raise FieldsUnknown
    try:
        beside = {STRAIGHT} if asked is not None else set()
        frame, *rest = _frames(request, most=HINT_FRAMES_MAX, beside=beside)
        found = capture_hint(
            use=use,
            kiosk=request.kiosk,
            frame=frame,
            asked=asked,
            straight=rest[0] if rest else None,
        )
    except FrameInvalid as invalid:
        again = reverse("leads:capture", args=[use])
        return _no_picture(request, invalid, again)
    except (PixelsBusy, PixelsFailed) as busy:
        return _not_yet(request, [busy.code])
    except (UseClosed, ConsentEnded) as over:
        return _over(request, over)
    if not found.usable or found.box is None:
        return _not_yet(request, _told(found, asked))
    if found.seen is not None and found.seen != Seen.ASKED:
        return _unseen(request, found.seen)
    box = found.box
    sides = [box.top, box.left + box.width, box.top + box.height, box.left]
    return JsonResponse({"ok": True, "box": sides})


@kiosk_page
@on_site
@face_function
@require_POST
def burst(request: KioskRequest, use: uuid.UUID) -> HttpResponse:
    """Take the kept frames, and answer where to go."""
    try:
        frames = _frames(request, most=settings.FRAMES_MAX)
        found = capture_answer(use=use, kiosk=request.kiosk, frames=frames)
    except FrameInvalid as invalid:
        discarded = Answer(kind="discarded", reasons=("invalid",))
        return _no_picture(request, invalid, _answered(request, discarded))
    except (UseClosed, ConsentEnded) as over:
        return _over(request, over)
    if found.attempt:
        attempt_failed(kiosk=request.kiosk)
    if found.kind != "discarded":
        capture_done(walk=_walk(request))
    address = _answered(request, found)
    if found.kind == "discarded":
        return _not_yet(request, list(found.reasons), next_url=address)
    return _Answered({"next": address}, answer=found)


class _Answered(JsonResponse):
    """An answer that is finished once it was sent."""

    def __init__(self, data: dict[str, str], *, answer: Answer) -> None:
        super().__init__(data)
        self._answer = answer

    def close(self) -> None:
        # The server calls it when the visitor has the answer.
        try:
            capture_finish(self._answer)
        finally:
            super().close()


@kiosk_page
@on_site
@require_POST
def stop(request: KioskRequest, use: uuid.UUID) -> HttpResponse:
    """Close the capture at once; what is live already stays as it was."""
    EmptyForm(request.POST, language=language_of(request))
    mode = capture_stop(use=use, kiosk=request.kiosk)
    capture_done(walk=_walk(request))
    if mode == COMPARE:
        guest_set(request, use=None, answer=None)
        address = reverse("leads:kiosk_return")
    else:
        address = _answered(request, Answer(kind="stopped"))
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"next": address})
    return redirect(address)


@kiosk_page
@on_site
@face_function
@require_POST
def again(request: KioskRequest) -> HttpResponse:
    """Open the camera once more after frames that would not do."""
    EmptyForm(request.POST, language=language_of(request))
    known = named(guest(request).get("use"))
    if known is None:
        return redirect("leads:kiosk_answer")
    try:
        use = capture_again(use=known, kiosk=request.kiosk, walk=_walk(request))
    except ConsentRequired:
        # One tap, one comparison: the next one is asked for again.
        asked = guest(request).get("matching")
        return redirect("leads:return_consent" if asked else "leads:kiosk_return")
    except (UseClosed, StepOutOfOrder):
        if (guest(request).get("answer") or {}).get("kind") == "discarded":
            return redirect(_answered(request, Answer(kind="late")))
        return redirect("leads:kiosk_answer")
    guest_set(request, use=str(use.id), answer=None)
    return redirect("leads:capture", use.id)


@kiosk_page
@on_site
@face_function
@require_GET
def demo_frame(request: KioskRequest, person: int) -> HttpResponse:
    """Return a photograph of the demonstration camera, on this machine only."""
    if not settings.DEMO_CAMERA or not _loopback(request):
        raise Http404
    picture = frame_jpeg(person=person)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/jpeg")


def _told(found: Hint, asked: str | None) -> list[str]:
    """Return why a frame will not do; who turned out of sight turned too far."""
    reasons = [str(reason) for reason in found.reasons]
    gone = reasons == [str(Reason.NONE_FOUND)] and asked in (Step.LEFT, Step.RIGHT)
    return ["too_far"] if gone else reasons


def _unseen(request: HttpRequest, seen: Seen) -> JsonResponse:
    """Tell that a good frame is not what the presence check asked for."""
    if seen in (Seen.TOO_FAR, Seen.TOO_NEAR):
        return _not_yet(request, [str(seen)])
    other = seen == Seen.OTHER
    return JsonResponse({"ok": False, "other": other, "reasons": [], "text": ""})


def _frames(
    request: HttpRequest, *, most: int, beside: AbstractSet[str] = frozenset()
) -> list[bytes]:
    """Read the frames of a request into memory.

    Args:
        request: with the files.
        most: how many frames there may be.
        beside: names of files that may come once each beside the frames, after which
            they are returned; with them, a step may be named.

    Raises:
        FieldsUnknown: anything else came with them.
        FrameInvalid: none, or too many.
    """
    named_fields = {CSRF_FIELD, "step"} if beside else {CSRF_FIELD}
    if set(request.POST) - named_fields or set(request.FILES) - {FRAME, *beside}:
        raise FieldsUnknown
    files = request.FILES.getlist(FRAME)
    if not files:
        raise FrameInvalid(FrameFault.EMPTY)
    if len(files) > most:
        raise FrameInvalid(FrameFault.TOO_MANY_FRAMES)
    for name in sorted(beside):
        files += request.FILES.getlist(name)[:1]
    if sum(file.size or 0 for file in files) > settings.FRAMES_MAX_BYTES:
        raise FrameInvalid(FrameFault.TOO_LARGE_BYTES)
    return [file.read() for file in files]


def _walk(request: KioskRequest) -> Walk | None:
    known = named(guest(request).get("walk"))
    return walk_at(kiosk=request.kiosk, identifier=known) if known else None


def _answered(request: KioskRequest, found: Answer) -> str:
    presence = any(reason.startswith(UNSEEN) for reason in found.reasons)
    told = {"kind": found.kind, "reasons": list(found.reasons), "presence": presence}
    matched = str(found.matched.id) if found.matched else None
    guest_set(request, answer=told, matched=matched)
    return reverse("leads:kiosk_answer")


def _stopped(request: KioskRequest) -> str:
    """Say that a capture is over, unless what it came to is told already."""
    if guest(request).get("answer"):
        return reverse("leads:kiosk_answer")
    return _answered(request, Answer(kind="stopped"))


def _words(request: HttpRequest, reason: str) -> str:
    context = {"reason": reason, "lang": language_of(request)}
    return render_to_string("leads/_reason.html", context).strip()


def _not_yet(
    request: HttpRequest, reasons: list[str], *, next_url: str | None = None
) -> JsonResponse:
    told: dict[str, Any] = {
        "ok": False,
        "reasons": reasons,
        "text": _words(request, reasons[0] if reasons else ""),
    }
    if next_url is not None:
        told["next"] = next_url
    return JsonResponse(told)


def _no_picture(
    request: HttpRequest, invalid: FaceError, next_url: str
) -> JsonResponse:
    text = NOT_A_PICTURE.text(language_of(request))
    told = {"error": invalid.code, "text": text, "next": next_url}
    return JsonResponse(told, status=400)


def _over(request: KioskRequest, over: DomainError) -> JsonResponse:
    request.session_only_read = False
    address = _stopped(request)
    return JsonResponse({"error": over.code, "next": address}, status=410)


def _loopback(request: HttpRequest) -> bool:
    return request.META.get("REMOTE_ADDR", "") in {"127.0.0.1", "::1"}
