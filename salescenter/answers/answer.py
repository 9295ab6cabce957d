"""An answer to an error, and the sentences that several of them say."""

from __future__ import annotations

from dataclasses import dataclass

from audit.say import Say


@dataclass(frozen=True)
class Answer:
    """What to answer: status, and the words in both languages."""

    status: int
    title: Say
    safe: Say
    todo: Say
    next_path: str = ""
    """Where the way goes on; the surface's first page when empty."""
    walk_path: str = ""
    """The same for a page of a guest's walk, when it is another."""


NOTHING_KEPT = Say("没有保存任何内容。", "Nothing was kept.")
LOG_STANDS = Say("日志本身没有变化。", "The log itself is unchanged.")
CHOICES_STAND = Say("您已做的选择都还在。", "The choices you made still stand.")
SCAN_AGAIN = Say(
    "请扫描屏幕上现在的二维码。", "Please scan the code on the screen now."
)
AT_DESK = Say("请到前台，同事会帮您。", "Please come to the desk; we will help you.")
TRY_AGAIN = Say("请再试一次，或到前台。", "Please try again, or come to the desk.")
CHECK_FIELDS = Say(
    "请看一下标出的内容再提交。", "Please look at what is marked and send again."
)
OTHER_WAYS = Say(
    "请用通行码或手机号，或到前台。",
    "Please use a pass or a phone number, or come to the desk.",
)
FROM_DRAFT = Say("请打开它，从它另起一份。", "Open it and begin another one from it.")
TELL_OPERATOR = Say("请告诉管理员。", "Please tell the administrator.")
