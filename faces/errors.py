"""What can go wrong with a face, as codes: no HTTP, no pixels, no person."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from audit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Reason(StrEnum):
    """Why a frame cannot be used; the order is the order of telling the visitor."""

    MORE_THAN_ONE = "more_than_one"
    NOT_ONE_PERSON = "not_one_person"
    PRESENCE = "presence"
    NONE_FOUND = "none_found"
    CUT_OFF = "cut_off"
    TURNED_AWAY = "turned_away"
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    COVERED = "covered"


class FrameFault(StrEnum):
    """Why bytes are not a frame at all: the sender's fault, not the visitor's."""

    EMPTY = "empty"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_LARGE_BYTES = "too_large_bytes"
    TOO_LARGE_PIXELS = "too_large_pixels"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"


class FaceError(DomainError):
    """Root of every refusal and failure of this app.

    Texts hold codes only: an exception reaches logs and error pages, and neither may
    learn anything about a face.
    """

    code: str = "face_error"

    def __str__(self) -> str:
        return self.code


class FrameInvalid(FaceError):
    """The bytes received are not an acceptable picture; a client error."""

    def __init__(self, fault: FrameFault) -> None:
        super().__init__(fault)
        self.fault = FrameFault(fault)
        self.code = self.fault.value


class FaceUnusable(FaceError):
    """The picture is fine and the face in it is not: say why and let them try again."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        order = list(Reason)
        self.reasons = tuple(sorted(set(reasons), key=order.index))
        super().__init__(self.reasons)
        self.code = self.reasons[0].value

    def __str__(self) -> str:
        return ", ".join(self.reasons)


class PresenceUnseen(FaceUnusable):
    """The burst did not show what its challenge asked for; `unseen` is the first part.

    `unseen` is a step of `faces.presence`, or `STRAIGHT`.
    """

    def __init__(self, unseen: str) -> None:
        super().__init__([Reason.PRESENCE])
        self.unseen = unseen


class PixelsBusy(FaceError):
    """Every pixel worker was occupied for as long as a caller may wait; try again."""

    code = "pixels_busy"


class GalleryAway(FaceError):
    """The process that holds everybody enrolled does not answer; use another way."""

    code = "gallery_away"


class PixelsFailed(FaceError):
    """The pixel worker was late or died; it has been replaced, nothing was kept.

    The same frames may have caused it: do not send them again by yourself.
    """

    code = "pixels_failed"

    def __init__(self, how: Literal["late", "died"]) -> None:
        super().__init__(how)
        self.how = how

    def __str__(self) -> str:
        return f"{self.code}: {self.how}"


class CameraUnavailable(FaceError):
    """The machine's own camera gives no frame: absent, taken, or unplugged."""

    code = "camera_unavailable"

    def __init__(self, why: Literal["missing", "busy", "lost"]) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"{self.code}: {self.why}"
