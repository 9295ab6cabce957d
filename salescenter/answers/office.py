"""Answers to errors of rules, registers and requests: what officers can meet."""

from __future__ import annotations

from audit.errors import DomainError
from audit.say import Say
from consent import errors as consent
from salescenter.answers.answer import (
    CHECK_FIELDS,
    FROM_DRAFT,
    NOTHING_KEPT,
    TELL_OPERATOR,
    Answer,
)

ANSWERS: dict[type[DomainError], Answer] = {
    consent.FilingInvalid: Answer(
        400,
        Say("这份备案不能这样登记", "This filing cannot be recorded so"),
        NOTHING_KEPT,
        CHECK_FIELDS,
        "/office/filings/",
    ),
    consent.ClosingOwnApproval: Answer(
        403,
        Say("不能批准自己的申请", "Nobody approves their own request"),
        Say("申请还在，等待批准。", "The request still stands and waits."),
        Say("请另一位同事批准。", "Please ask a colleague to approve it."),
        "/office/close/",
    ),
    consent.ClosingSettled: Answer(
        409,
        Say("这个申请已经处理过", "This request was settled already"),
        NOTHING_KEPT,
        Say("请回到页面查看。", "Please go back to the page."),
        "/office/close/",
    ),
    consent.ClosingIncomplete: Answer(
        409,
        Say("关闭还没有完成", "The closing is not finished"),
        Say("已经删除的不会恢复。", "What is deleted stays deleted."),
        Say("程序会继续，请稍后再看。", "It goes on; please look again later."),
        "/office/close/",
    ),
    consent.StopOwnRelease: Answer(
        403,
        Say("需要另一位同事解除", "Another person lets go of it"),
        Say("停用仍然有效。", "The stop stands."),
        Say(
            "按主管部门或法院要求按下的，由另一位合规负责人解除。",
            "A stop that an authority or a court asked for ends by another"
            " compliance officer.",
        ),
        "/office/stop/",
    ),
    consent.RulesInvalid: Answer(
        400, Say("规则缺少内容", "The rules lack a field"), NOTHING_KEPT, CHECK_FIELDS
    ),
    consent.RulesUnfit: Answer(
        400,
        Say("规则里有不能公布的内容", "The rules say what cannot be published"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.PictureInvalid: Answer(
        400,
        Say("这个文件不是可用的图片", "This file is not a usable picture"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.PartyInvalid: Answer(
        400,
        Say("合作方的资料不完整", "The party's terms do not fit"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.CertificateRequired: Answer(
        400,
        Say("缺少删除证明", "The certificate of deletion is missing"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.PlaceForbidden: Answer(
        400,
        Say("私密的房间里不能有摄像头", "No camera stands in a private room"),
        NOTHING_KEPT,
        Say("请换一个位置。", "Please choose another place."),
    ),
    consent.LocalCameraUnset: Answer(
        409,
        Say("这台机器没有设置摄像头", "No camera of this machine is set"),
        NOTHING_KEPT,
        Say(
            "请先让管理员设置 LOCAL_CAMERA，或选登记屏自带的摄像头。",
            "Have the administrator set LOCAL_CAMERA first, or choose the kiosk"
            " browser's own camera.",
        ),
    ),
    consent.LocalCameraTaken: Answer(
        409,
        Say(
            "接在本机上的摄像头已经登记给一块登记屏",
            "The machine's camera is registered for a kiosk already",
        ),
        NOTHING_KEPT,
        Say("请先停用那一条。", "Please revoke that entry first."),
    ),
    consent.RegisterKnown: Answer(
        409,
        Say("登记册里已经有了", "The register has it already"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.RegisterOwnApproval: Answer(
        403,
        Say("不能批准自己登记的", "Nobody approves their own entry"),
        Say("登记还在，等待批准。", "The entry still stands and waits."),
        Say("请另一位同事批准。", "Please ask a colleague to approve it."),
    ),
    consent.RegisterSettled: Answer(
        409,
        Say("这一条已经处理过", "This entry was settled already"),
        NOTHING_KEPT,
        Say("请回到登记册查看。", "Please go back to the register."),
    ),
    consent.AssessmentInvalid: Answer(
        400,
        Say("影响评估缺少内容", "The assessment lacks a part"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.DraftSettled: Answer(
        409,
        Say("这份草稿已经提交或处理过", "This draft was submitted or settled already"),
        NOTHING_KEPT,
        FROM_DRAFT,
    ),
    consent.DraftNotSubmitted: Answer(
        409,
        Say("这份草稿还没有提交", "This draft is not submitted yet"),
        NOTHING_KEPT,
        Say("请作者先提交。", "Its author submits it first."),
    ),
    consent.DraftOwnApproval: Answer(
        403,
        Say("您自己写的，要由另一个人批准", "You wrote it; another person approves it"),
        NOTHING_KEPT,
        Say("请另一个人来看。", "Ask another person."),
    ),
    consent.DraftOfAnother: Answer(
        403,
        Say("这是别人的草稿", "This is somebody else's draft"),
        NOTHING_KEPT,
        FROM_DRAFT,
    ),
    consent.RequestAnswered: Answer(
        409,
        Say("这条请求已经答复过", "This request was answered already"),
        Say("原来的答复没有变。", "Its answer stands as it was."),
        Say("请回到列表查看。", "Please go back to the list."),
    ),
    consent.ReasonRequired: Answer(
        400,
        Say("不照办，要说明理由", "What is not done needs a reason"),
        NOTHING_KEPT,
        CHECK_FIELDS,
    ),
    consent.OperatorExists: Answer(
        409,
        Say("已经有经营者了", "There is an operator already"),
        NOTHING_KEPT,
        TELL_OPERATOR,
    ),
}
