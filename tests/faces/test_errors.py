from __future__ import annotations

import pickle

import pytest

from faces.errors import (
    CameraUnavailable,
    FaceError,
    FaceUnusable,
    FrameFault,
    FrameInvalid,
    PixelsBusy,
    PixelsFailed,
    PresenceUnseen,
    Reason,
)

EVERY_ERROR = [
    *(FrameInvalid(fault) for fault in FrameFault),
    *(FaceUnusable([reason]) for reason in Reason),
    PresenceUnseen("left"),
    PixelsBusy(),
    PixelsFailed("late"),
    PixelsFailed("died"),
    CameraUnavailable("missing"),
    CameraUnavailable("lost"),
]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=str)
def test_every_error_has_one_root_and_a_code_of_its_own(error: FaceError) -> None:
    assert isinstance(error, FaceError)
    assert error.code != FaceError.code


@pytest.mark.parametrize("error", EVERY_ERROR, ids=str)
def test_an_error_survives_being_copied_between_processes(error: FaceError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, str(copy)) == (type(error), error.code, str(error))


def test_reasons_come_once_each_in_the_order_of_telling() -> None:
    error = FaceUnusable([Reason.BLURRED, Reason.CUT_OFF, Reason.BLURRED])
    assert error.reasons == (Reason.CUT_OFF, Reason.BLURRED)
    assert error.code == "cut_off"
    assert str(error) == "cut_off, blurred"
