"""Answers to errors of faces and frames."""

from __future__ import annotations

from audit.errors import DomainError
from audit.say import Say
from faces import errors as faces
from salescenter.answers.answer import NOTHING_KEPT, TRY_AGAIN, Answer

ANSWERS: dict[type[DomainError], Answer] = {
    faces.FaceError: Answer(
        400, Say("这一步没有成功", "That did not work"), NOTHING_KEPT, TRY_AGAIN
    ),
    faces.FrameInvalid: Answer(
        400,
        Say("收到的不是可用的照片", "What came is not a usable picture"),
        NOTHING_KEPT,
        TRY_AGAIN,
    ),
    faces.FaceUnusable: Answer(
        422, Say("这次没有拍好", "That picture would not do"), NOTHING_KEPT, TRY_AGAIN
    ),
    faces.PresenceUnseen: Answer(
        422,
        Say("没有看到要您做的动作", "We did not see what you were asked to do"),
        NOTHING_KEPT,
        TRY_AGAIN,
    ),
    faces.PixelsBusy: Answer(
        503,
        Say("现在有几位客人同时在拍", "Several guests are at the camera now"),
        NOTHING_KEPT,
        Say("请稍等几秒再试。", "Please try again in a few seconds."),
    ),
    faces.GalleryAway: Answer(
        503,
        Say("现在没法和所有人比对", "We cannot search just now"),
        NOTHING_KEPT,
        Say(
            "请用别的方式登记，服务一样。", "Any other way gives you the same service."
        ),
    ),
    faces.PixelsFailed: Answer(
        503,
        Say("这次没有处理成功", "That could not be processed"),
        NOTHING_KEPT,
        TRY_AGAIN,
    ),
    faces.CameraUnavailable: Answer(
        503,
        Say("摄像头用不了", "The camera cannot be used"),
        NOTHING_KEPT,
        Say("请换个办法登记，一样有效。", "Another way does just as well."),
    ),
}
