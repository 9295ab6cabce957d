"""The table: every domain error, its HTTP status, and what a person is told.

Each entry says what happened, what is safe, and what to do. Errors know no HTTP; a
test fails when one has no line here.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit import errors as audit
from audit.say import Say
from consent import errors as consent
from faces import errors as faces
from leads import errors as leads
from leads.attribution.errors import FactsMalformed
from leads.phones import PhoneInvalid


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
    consent.ConsentRequired: Answer(
        403,
        Say("这需要您的同意", "This needs your consent"),
        NOTHING_KEPT,
        Say(
            "没有同意就不会进行。您可以用别的方式登记，服务一样。",
            "It does not happen without it. Any other way gives you the same service.",
        ),
    ),
    consent.ConsentBarred: Answer(
        403,
        Say("这一项现在只保存，不使用", "This is only kept for now, not used"),
        Say("留着的都还在，没有被用到。", "What is kept stands; none of it was used."),
        Say(
            "请用别的方式登记，服务一样。要恢复使用，由本人在自己的页面上决定。",
            "Any other way gives you the same service. Its owner alone lets it be used"
            " again, on their own page.",
        ),
    ),
    consent.AssessmentRequired: Answer(
        403,
        Say("人脸功能现在关闭", "Faces are switched off now"),
        NOTHING_KEPT,
        Say(
            "请用别的方式登记，服务一样。", "Any other way gives you the same service."
        ),
    ),
    consent.PurposeStopped: Answer(
        503,
        Say("人脸登记已停用", "Face check-in is off"),
        Say(
            "摄像头关着，没有拍摄。撤回同意照常办理。",
            "The camera is off and nothing was taken. Withdrawing works as ever.",
        ),
        Say(
            "请继续，用别的方式登记，服务一样。",
            "Please go on. Any other way gives you the same service.",
        ),
        "/kiosk/return/",
        "/visit/",
    ),
    consent.FilingInvalid: Answer(
        400,
        Say("这份备案不能这样登记", "This filing cannot be recorded so"),
        NOTHING_KEPT,
        CHECK_FIELDS,
        "/office/filings/",
    ),
    consent.SiteClosed: Answer(
        410,
        Say("这个售楼处已经关闭", "This sales center is closed"),
        Say(
            "这里不再收集任何内容，以前的已删除。您自己的页面还能打开。",
            "Nothing is collected here any more, and what was held is deleted."
            " Your own page still opens.",
        ),
        Say("没有什么要做的。", "There is nothing to do."),
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
    consent.DeviceRequired: Answer(
        403,
        Say("这里的摄像头没有启用", "The camera here is not in use"),
        NOTHING_KEPT,
        Say(
            "请用别的方式登记，服务一样。", "Any other way gives you the same service."
        ),
    ),
    consent.PartyRequired: Answer(
        403,
        Say("不能提供给这一方", "This party may not be told"),
        Say("什么都没有提供。", "Nothing was told."),
        Say(
            "请合规同事看一下登记册。", "A compliance officer should see the register."
        ),
    ),
    consent.PermitMisused: Answer(
        403, Say("这一步不被允许", "That is not allowed"), NOTHING_KEPT, AT_DESK
    ),
    consent.ConsentEnded: Answer(
        409,
        Say("同意已经结束", "The consent has ended"),
        Say(
            "相关数据已删除，没有结果被保留。",
            "Its data are deleted; no result was kept.",
        ),
        AT_DESK,
    ),
    consent.UseClosed: Answer(
        410,
        Say("这次拍摄已经结束", "This capture is over"),
        NOTHING_KEPT,
        Say("请从头开始，或到前台。", "Please start again, or come to the desk."),
    ),
    consent.CodeInvalid: Answer(
        404, Say("没有这个二维码", "There is no such code"), NOTHING_KEPT, SCAN_AGAIN
    ),
    consent.CodeStale: Answer(
        410, Say("这个二维码过期了", "This code is too old"), NOTHING_KEPT, SCAN_AGAIN
    ),
    consent.CodeUsed: Answer(
        409,
        Say("这个二维码已被使用", "This code was used already"),
        NOTHING_KEPT,
        SCAN_AGAIN,
    ),
    consent.WalkOver: Answer(
        410, Say("这次登记已经结束", "This check-in is over"), CHOICES_STAND, SCAN_AGAIN
    ),
    consent.StepOutOfOrder: Answer(
        409,
        Say("这一步已经做过了", "This step was done already"),
        CHOICES_STAND,
        Say("请继续下一步。", "Please go on with the next step."),
    ),
    consent.PassUnknown: Answer(
        404,
        Say("没有找到这张通行码", "We cannot find this pass"),
        NOTHING_KEPT,
        Say(
            "请核对 8 位通行码，或到前台。",
            "Please check its 8 characters, or come to the desk.",
        ),
    ),
    consent.PaperUnknown: Answer(
        404,
        Say("这个编码现在不能用", "This code is not good now"),
        NOTHING_KEPT,
        Say(
            "请核对纸上的 8 位编码，或请前台重新打印一张。",
            "Please check the 8 characters, or ask the desk for a new sheet.",
        ),
    ),
    consent.ConsentNotOwn: Answer(
        403,
        Say("同意只能由本人表示", "Only the person themself can consent"),
        NOTHING_KEPT,
        Say(
            "请把说明打印给客人，由客人在登记屏上自己选。",
            "Print the notice; the guest chooses on the kiosk themself.",
        ),
    ),
    consent.LinkUnknown: Answer(
        404,
        Say("这个链接不能打开任何页面", "This link opens nothing"),
        NOTHING_KEPT,
        Say(
            "请输入 8 位通行码，或到前台。",
            "Please type your 8-character pass, or come to the desk.",
        ),
    ),
    consent.KioskUnknown: Answer(
        403,
        Say("这台设备没有配对", "This device is not paired"),
        NOTHING_KEPT,
        Say("请管理员重新配对。", "Please have the administrator pair it again."),
        "/kiosk/pair/",
    ),
    consent.KeyMissing: Answer(
        410,
        Say("这份数据已被销毁", "These data were destroyed"),
        Say("任何人都不能再打开它。", "Nobody can open them any more."),
        AT_DESK,
    ),
    consent.KeysUnavailable: Answer(
        503,
        Say("现在无法保管密钥", "Keys cannot be kept at the moment"),
        NOTHING_KEPT,
        AT_DESK,
    ),
    consent.RulesMissing: Answer(
        503,
        Say("规则还没有公布", "No rules are published yet"),
        Say(
            "没有公布的规则，就不收集任何内容。",
            "Without published rules nothing is collected.",
        ),
        AT_DESK,
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
        Say("请另一位合规负责人来看。", "Ask another compliance officer."),
    ),
    consent.DraftOfAnother: Answer(
        403,
        Say("这是别人的草稿", "This is somebody else's draft"),
        NOTHING_KEPT,
        FROM_DRAFT,
    ),
    consent.NoticeChanged: Answer(
        409,
        Say("规则刚刚更新", "The rules have just changed"),
        NOTHING_KEPT,
        Say("请再看一遍，再选一次。", "Please read them again, and choose again."),
        "/visit/",
    ),
    consent.RequestUnknown: Answer(
        404,
        Say("没有找到这条请求", "We cannot find this request"),
        NOTHING_KEPT,
        Say(
            "请核对 12 位查询码，或到前台。",
            "Please check its 12 characters, or come to the desk.",
        ),
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
    faces.PixelsBusy: Answer(
        503,
        Say("现在有几位客人同时在拍", "Several guests are at the camera now"),
        NOTHING_KEPT,
        Say("请稍等几秒再试。", "Please try again in a few seconds."),
    ),
    faces.PixelsFailed: Answer(
        503,
        Say("这次没有处理成功", "That could not be processed"),
        NOTHING_KEPT,
        TRY_AGAIN,
    ),
    consent.FieldsUnknown: Answer(
        400,
        Say("表单里有不认识的内容", "The form holds something unknown"),
        NOTHING_KEPT,
        Say("请刷新页面再填一次。", "Please reload the page and fill it in again."),
    ),
    leads.VisitorUnknown: Answer(
        404, Say("没有找到您", "We could not find you"), NOTHING_KEPT, OTHER_WAYS
    ),
    leads.NobodyEnrolled: Answer(
        404,
        Say("没有可以比对的人脸", "There is no face to compare with"),
        Say("摄像头没有打开。", "The camera was not switched on."),
        OTHER_WAYS,
    ),
    consent.AttemptsTooMany: Answer(
        429, Say("试的次数太多了", "That was tried too often"), NOTHING_KEPT, AT_DESK
    ),
    leads.ReferralKnown: Answer(
        409,
        Say("这位客户已经报备过", "This client was announced already"),
        Say("原来的报备仍然有效。", "The first referral still stands."),
        Say(
            "保护期结束后可以再次报备。",
            "Announce again when its protection has ended.",
        ),
    ),
    leads.ReferralUnknown: Answer(
        404,
        Say("没有找到这个报备码", "We cannot find this referral code"),
        CHOICES_STAND,
        Say(
            "请核对 8 位报备码，或不填。",
            "Please check its 8 characters, or leave it out.",
        ),
    ),
    leads.AttributionRulesMissing: Answer(
        503,
        Say("判客规则还没有公布", "No rules of attribution are published yet"),
        NOTHING_KEPT,
        TELL_OPERATOR,
    ),
    PhoneInvalid: Answer(
        400,
        Say("这不是一个电话号码", "This is not a phone number"),
        NOTHING_KEPT,
        Say(
            "请检查号码，境外号码请加 + 和国家代码。",
            "Please check it; start numbers from abroad with +.",
        ),
    ),
    FactsMalformed: Answer(
        400,
        Say("这份资料读不懂", "These facts cannot be read"),
        NOTHING_KEPT,
        Say("请按说明修改文件。", "Please correct the file as told."),
    ),
}


def answer_of(error: audit.DomainError) -> Answer:
    """Return the answer for an error: its own line, or its nearest ancestor's."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
