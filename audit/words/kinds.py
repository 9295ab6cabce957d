"""The kinds of events in words, grouped as a person looks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.say import Say


@dataclass(frozen=True)
class Group:
    """Kinds that a reader counts and looks for together."""

    code: str
    title: Say
    kinds: Mapping[str, Say]


GROUPS = (
    Group(
        "consents",
        Say("同意，以及它的结束", "Consents, and their ends"),
        {
            "notice.shown": Say("出示了说明", "Notice shown"),
            "consent.granted": Say("同意了一个目的", "Consent given"),
            "consent.refused": Say("没有同意", "Consent refused"),
            "consent.restricted": Say("限制了处理", "Processing restricted"),
            "consent.withdrawn": Say("撤回了同意", "Consent withdrawn"),
            "consent.expired": Say("同意到期结束", "Consent ended by itself"),
            "key.created": Say("生成了这份同意的密钥", "Consent's key made"),
            "key.destroyed": Say("销毁了这份同意的密钥", "Consent's key destroyed"),
            "data.ended": Say("删除了到期的资料", "Data deleted at end of term"),
            "receipt.issued": Say("给出了一份同意回执", "A consent receipt was issued"),
            "link.revoked": Say("通行码或链接作废", "Pass or link revoked"),
        },
    ),
    Group(
        "faces",
        Say("人脸与摄像头", "Faces and the camera"),
        {
            "gate.refused": Say("没有放行一次使用", "Use refused at the gate"),
            "use.abandoned": Say("一次使用中断，作废", "Use abandoned, void"),
            "capture.started": Say("开始拍摄，为登记人脸", "Capture began, to enrol"),
            "capture.discarded": Say("画面丢弃，没有保存", "Pictures dropped"),
            "face.enrolled": Say("人脸登记完成", "Face enrolled"),
            "face.compare.started": Say(
                "开始拍摄，为比对", "Capture began, to compare"
            ),
            "face.compared": Say("比对了一次人脸", "Faces compared once"),
            "face.template.destroyed": Say("人脸模板已删除", "Face template deleted"),
        },
    ),
    Group(
        "contacts",
        Say("称呼与电话", "Names and phone numbers"),
        {
            "contact.collected": Say("留存了称呼和电话", "Name and phone kept"),
            "contact.viewed": Say(
                "用到或查看了称呼、电话", "Name or phone used or read"
            ),
            "contact.corrected": Say("更正了称呼或电话", "Name or phone corrected"),
            "contact.disclosed": Say("向外提供了资料", "Data disclosed to a recipient"),
            "contact.erased": Say("删除了称呼和电话", "Name and phone deleted"),
        },
    ),
    Group(
        "visits",
        Say("报备、到访与判客", "Referrals, visits and decisions"),
        {
            "attribution.published": Say(
                "公布了一版判客规则", "Rules of attribution published"
            ),
            "referral.announced": Say(
                "渠道报备了客户", "Client announced by a channel"
            ),
            "referral.shown": Say("客人出示了报备码", "Referral code shown"),
            "referral.answered": Say(
                "客人回答有没有人替其报备", "Visitor answered who announced them"
            ),
            "referral.voided": Say("一条报备失效", "Referral voided"),
            "visit.recorded": Say("记录了一次到访", "Visit recorded"),
            "visit.ended": Say("一次到访结束", "Visit ended"),
            "desk.override": Say("前台人工处理", "Done by hand at the desk"),
            "decision.made": Say("判定了一次到访的归属", "Visit decided"),
            "decision.revised": Say("改判", "Decision revised"),
            "dispute.opened": Say("提出了争议", "Dispute opened"),
            "dispute.ruled": Say("裁定了争议", "Dispute ruled"),
            "deal.recorded": Say("记录了交易进展", "Deal recorded"),
            "commission.held": Say("佣金暂缓", "Commission held"),
            "commission.settled": Say("佣金结算", "Commission settled"),
            "subject.merged": Say("两个代号并为一人", "Two pseudonyms joined"),
            "subject.unmerged": Say("撤销合并", "Pseudonyms separated again"),
        },
    ),
    Group(
        "outreach",
        Say("名单与消息", "Lists and messages"),
        {
            "list.received": Say("收到一份名单", "List received"),
            "list.quarantined": Say("名单被隔离", "List quarantined"),
            "list.released": Say("名单放行", "List released"),
            "list.purged": Say("名单已清除", "List purged"),
            "message.allowed": Say("准许一条消息", "Message allowed"),
            "message.sent": Say("发出一条消息", "Message sent"),
            "message.refused": Say("不准发出一条消息", "Message refused"),
            "suppression.added": Say("加入不再联系", "Added to do-not-contact"),
        },
    ),
    Group(
        "rules",
        Say("规则、案场与设备", "Rules, sites and devices"),
        {
            "log.opened": Say("日志开启", "Log opened"),
            "site.opened": Say("案场开通", "Site opened"),
            "site.closing": Say("关闭案场的一步", "A step of closing a site"),
            "site.closed": Say("案场关闭", "Site closed"),
            "rules.published": Say("公布了一版规则", "Rules published"),
            "rules.retired": Say("一版规则停用", "Rules retired"),
            "pia.approved": Say("影响评估获批", "Impact assessment approved"),
            "pia.stale": Say("影响评估失效", "Impact assessment lapsed"),
            "party.asked": Say("申请登记一个合作方", "Party asked for"),
            "party.added": Say("登记了一个合作方", "Party added"),
            "party.ended": Say("合作方终止", "Party ended"),
            "party.closed": Say("合作方交来删除证明", "Party certified deletion"),
            "device.asked": Say("申请启用一台摄像设备", "Device asked for"),
            "device.approved": Say("设备获批", "Device approved"),
            "device.revoked": Say("设备停用", "Device revoked"),
            "kiosk.paired": Say("登记屏配对", "Kiosk paired"),
            "kiosk.revoked": Say("登记屏停用", "Kiosk revoked"),
            "kiosk.layout": Say(
                "抽定了两个选项的位置", "Places of the two choices drawn"
            ),
        },
    ),
    Group(
        "oversight",
        Say("请求、查看与安全", "Requests, reading and safety"),
        {
            "request.opened": Say("收到个人的请求", "Person's request opened"),
            "request.answered": Say("答复了个人的请求", "Person's request answered"),
            "export.requested": Say("申请导出", "Export asked for"),
            "export.approved": Say("批准导出", "Export approved"),
            "export.made": Say("导出完成", "Export made"),
            "log.read": Say("查看了日志", "Log read"),
            "staff.signed_in": Say("员工登录", "Staff signed in"),
            "staff.refused": Say("登录被拒绝", "Sign-in refused"),
            "stop.on": Say("停用开关打开", "Stop switched on"),
            "stop.off": Say("停用开关解除", "Stop lifted"),
            "filing.due": Say("到了备案的门槛", "Filing falls due"),
            "filing.made": Say("备案已提交", "Filing made"),
            "incident.opened": Say("安全事件立案", "Incident opened"),
            "incident.closed": Say("安全事件结案", "Incident closed"),
            "retention.swept": Say(
                "清除了到期的日志正文", "Old bodies of the log dropped"
            ),
            "backup.restored": Say("从备份恢复", "Backup restored"),
            "signer.rotated": Say("更换签名钥匙", "Signer's key changed"),
            "signer.refused": Say("签名程序拒绝签名", "Signer refused to sign"),
            "proof.run": Say("例行核验", "Proof run"),
            "clock.behind": Say("时钟落后于日志", "Clock behind the log"),
        },
    ),
)

OTHER = Group("other", Say("其他", "Other"), {})
"""Where a kind is counted that these words do not know."""

_WORDS = {kind: words for group in GROUPS for kind, words in group.kinds.items()}
_GROUP_OF = {kind: group for group in GROUPS for kind in group.kinds}


def kind_words(kind: str) -> Say:
    """Return a kind of event in words; an unknown one as it is."""
    return _WORDS.get(kind, Say(kind, kind))


def group_of(kind: str) -> Group:
    """Return the group that a kind is counted in."""
    return _GROUP_OF.get(kind, OTHER)
