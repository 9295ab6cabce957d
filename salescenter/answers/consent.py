"""Answers to errors of consents, walks, links and keys: what guests can meet."""

from __future__ import annotations

from audit.errors import DomainError
from audit.say import Say
from consent import errors as consent
from salescenter.answers.answer import (
    AT_DESK,
    CHOICES_STAND,
    NOTHING_KEPT,
    SCAN_AGAIN,
    Answer,
)

ANSWERS: dict[type[DomainError], Answer] = {
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
    consent.MatchingTooWide: Answer(
        403,
        Say("这里不这样比对人脸", "Faces are not compared this way here"),
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
    consent.PresenceRequired: Answer(
        409,
        Say("在场检查没有通过", "The presence check was not passed"),
        NOTHING_KEPT,
        AT_DESK,
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
    consent.GalleryMoved: Answer(
        409,
        Say("刚刚有人加入或退出", "Somebody has just come or gone"),
        NOTHING_KEPT,
        Say("请再试一次。", "Please try again."),
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
    consent.FieldsUnknown: Answer(
        400,
        Say("表单里有不认识的内容", "The form holds something unknown"),
        NOTHING_KEPT,
        Say("请刷新页面再填一次。", "Please reload the page and fill it in again."),
    ),
    consent.AttemptsTooMany: Answer(
        429, Say("试的次数太多了", "That was tried too often"), NOTHING_KEPT, AT_DESK
    ),
}
