"""Answers to errors of the log, its signer and its exports."""

from __future__ import annotations

from audit import errors as audit
from audit.say import Say
from salescenter.answers.answer import (
    AT_DESK,
    CHECK_FIELDS,
    LOG_STANDS,
    NOTHING_KEPT,
    TELL_OPERATOR,
    TRY_AGAIN,
    Answer,
)

ANSWERS: dict[type[audit.DomainError], Answer] = {
    audit.DomainError: Answer(
        400, Say("这一步没有成功", "That did not work"), NOTHING_KEPT, TRY_AGAIN
    ),
    audit.Refused: Answer(
        403, Say("这一步不被允许", "That is not allowed"), NOTHING_KEPT, AT_DESK
    ),
    audit.EventInvalid: Answer(
        500, Say("程序出错了", "The program failed"), NOTHING_KEPT, TELL_OPERATOR
    ),
    audit.TermOver: Answer(
        409,
        Say("同意刚刚到期", "The consent has just run out"),
        NOTHING_KEPT,
        AT_DESK,
    ),
    audit.LogClosed: Answer(
        503,
        Say("记录还没有开启", "The log is not open yet"),
        NOTHING_KEPT,
        TELL_OPERATOR,
    ),
    audit.LogOpen: Answer(
        409, Say("记录已经开启", "The log is open already"), NOTHING_KEPT, TELL_OPERATOR
    ),
    audit.ClockRefused: Answer(
        403,
        Say("时钟不能更改", "The clock cannot be moved"),
        NOTHING_KEPT,
        TELL_OPERATOR,
    ),
    audit.NoteInvalid: Answer(
        400,
        Say("这不是有效的检查点", "This is no valid checkpoint"),
        NOTHING_KEPT,
        Say("请核对后再试。", "Please check it and try again."),
    ),
    audit.SignerSilent: Answer(
        503,
        Say("签名程序没有回应", "The signer does not answer"),
        LOG_STANDS,
        Say(
            "请确认它在运行（./run 会启动它），然后再试。",
            "Make sure that it runs (./run starts it), then try again.",
        ),
    ),
    audit.SignerRefuses: Answer(
        409,
        Say("签名程序拒绝签名", "The signer refuses to sign"),
        LOG_STANDS,
        Say(
            "请合规负责人打开日志页查看原因。",
            "A compliance officer should read why on the page of the log.",
        ),
    ),
    audit.RangeEmpty: Answer(
        400,
        Say("这段时间里没有事件", "There is no event in this range"),
        NOTHING_KEPT,
        Say("请换一段时间。", "Please choose another range."),
    ),
    audit.SitesUnknown: Answer(
        400,
        Say("没有这个案场", "There is no such site"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    audit.ExportTooLarge: Answer(
        400,
        Say("这段范围太大", "This range is too large"),
        NOTHING_KEPT,
        Say(
            "一份不能超过 2 GiB，请分段导出。",
            "A pack stays below 2 GiB: please ask for it in parts.",
        ),
    ),
    audit.ExportNotApproved: Answer(
        403,
        Say("这份导出还需另一人批准", "This export waits for another's approval"),
        NOTHING_KEPT,
        Say(
            "可识别个人的导出要由另一位有权限的人批准。",
            "One that identifies people is approved by a second person.",
        ),
    ),
    audit.ExportOwnApproval: Answer(
        403,
        Say("不能批准自己的申请", "Nobody approves their own request"),
        Say("申请还在，等待批准。", "The request still stands and waits."),
        Say("请另一位同事批准。", "Please ask a colleague to approve it."),
    ),
    audit.ExportSettled: Answer(
        409,
        Say("这份导出已经处理过", "This export was settled already"),
        NOTHING_KEPT,
        Say("请回到列表查看。", "Please go back to the list."),
    ),
    audit.TermTooShort: Answer(
        400,
        Say("保留期太短", "The term is too short"),
        LOG_STANDS,
        Say(
            "处理记录至少保留三年。",
            "Records of processing are kept three years at least.",
        ),
    ),
    audit.LogNotRefused: Answer(
        409,
        Say("现在的日志没有问题", "Nothing is wrong with the present log"),
        LOG_STANDS,
        Say(
            "只有签名程序拒绝后才能另开日志。",
            "Another log opens only after the signer refused this one.",
        ),
    ),
}
