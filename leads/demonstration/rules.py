"""The demonstration's published rules, complete, in Chinese and English.

Operator, address and contacts are invented and say so. The terms (days, seconds) are
stated once and written into the sentences from there, so that both say the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consent.purposes import Purpose
from faces.matching import METHOD

ASSESSMENT_CODE = "DEMO-PIA-2026-01"
DESTROY_S = 60
ANSWER_DAYS = 15
PROOF_DAYS = 1_826
"""Five years with their leap day."""

DAYS: dict[str, int] = {
    Purpose.CONTACT: 30,
    Purpose.ATTRIBUTION: 60,
    Purpose.FACE_CHECKIN: 30,
    Purpose.MARKETING_SMS: 180,
    Purpose.MARKETING_CALL: 180,
}


def document(*, label: str, approved_at: datetime) -> dict[str, Any]:
    """Return the rules document of the demonstration site.

    Args:
        label: the version's name for people.
        approved_at: when the assessment was approved, aware.
    """
    day = f"{approved_at:%Y-%m-%d}"
    return {
        "label": label,
        "effective_from": day,
        "answer_days": ANSWER_DAYS,
        "proof_days": PROOF_DAYS,
        "purposes": {purpose: _terms(purpose, days) for purpose, days in DAYS.items()},
        "languages": {"zh-hans": _chinese(day), "en": _english(day)},
    }


def _terms(purpose: str, days: int) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "retention_days": days,
        "destroy_s": DESTROY_S,
        "sensitive": purpose == Purpose.FACE_CHECKIN,
    }
    if purpose == Purpose.FACE_CHECKIN:
        terms["matching"] = "1:few"
    return terms


def _chinese(day: str) -> dict[str, Any]:
    return {
        "changes": "首个版本，没有可以比较的上一版。",
        "operator": {
            "name": "青禾示范置业有限公司（演示，非真实企业）",
            "address": "示范市演示区样板路 1 号（演示地址）",
            "contact": "privacy@demo.invalid",
            "privacy_contact": "演示合规专员，privacy@demo.invalid",
        },
        "joint_operators": [],
        "processors": [],
        "site": {"name": "青禾示范售楼处"},
        "summary": [
            "您好，欢迎到访。登记前，先请您看几句话。",
            "下面每一项都由您决定，默认都不选。不选，接待、看房、价格都一样。",
            "我们不会在您没有点头的时候拍您。门口没有识别人脸的摄像头。",
            "选了也可以随时停，在您自己的页面上点一下就行，数据当场删除。",
        ],
        "purposes": {
            Purpose.CONTACT: {
                "title": "留下姓名和电话",
                "sentence": (
                    "为了这次看房能联系到您，我们把您的姓名和电话保存"
                    f" {DAYS[Purpose.CONTACT]} 天，到期删除。"
                ),
                "why": "约看、补充资料、您落下东西时，需要能找到您。",
                "where": "您的手机，或售楼处的登记屏；保存在本售楼处的机器里。",
                "method": "由您在手机或登记屏上填写，加密保存在本售楼处的机器里；"
                "同事查看时要说明原因，每次查看都有记录。",
                "data": ["姓名", "手机号", "到访时间"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.CONTACT]} 天，到期自动删除并销毁密钥。",
                "effect": "同事可能因这次看房联系您；不会用来推销。",
                "refusal": "没有影响，照常接待。",
                "alternative": "不留电话，凭通行码或直接到前台。",
                "legal_basis": "个人信息保护法第十三条第一款第一项：同意",
                "recipients": [],
            },
            Purpose.ATTRIBUTION: {
                "title": "记录是哪个渠道介绍的",
                "sentence": (
                    "把您的到访和中介的报备对一对，判断是哪个渠道介绍的，"
                    f"结论保存 {DAYS[Purpose.ATTRIBUTION]} 天。"
                ),
                "why": "介绍人是否有佣金，要按公开的规则来定。",
                "where": "本售楼处的机器。",
                "method": "按公布的判客规则自动比对报备时间、到访时间和您留下的号码，"
                "不使用人脸；每个结论都写明依据的条款，有异议由人来看。",
                "data": ["到访时间", "是否与报备相符"],
                "data_optional": ["报备码"],
                "retention": f"{DAYS[Purpose.ATTRIBUTION]} 天。",
                "effect": "只影响谁得佣金，不影响您的价格和服务。",
                "refusal": "按自然来访登记，服务一样。",
                "alternative": "您可以只出示报备码，不留电话。",
                "legal_basis": "个人信息保护法第十三条第一款第一项：同意",
                "recipients": [],
            },
            Purpose.FACE_CHECKIN: {
                "title": "下次用脸登记",
                "sentence": (
                    "拍几帧画面，算出 128 个数字，加密保存"
                    f" {DAYS[Purpose.FACE_CHECKIN]} 天；下次您自己点一下，就能认出是您。"
                ),
                "why": "只为您再来时少输入几个字。没有它，通行码和手机号同样能用，"
                "所以它从不是必需的。",
                "where": "售楼处入口的登记屏，镜头只对着站在屏前的您；在本售楼处的机器上计算。",
                "method": "只在您点击后拍摄；只和手机尾号相同的人逐一比对，"
                "不在所有人里搜索；结果由您确认。",
                "engine": f"开源软件 dlib，方法 {METHOD}：每次看原样和镜像，"
                "和两万个并不存在的人比过才算分；在本机运行，没有别的供应商参与。",
                "data": ["人脸模板（128 个数字）"],
                "data_transient": ["登记屏拍下的几帧画面"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.FACE_CHECKIN]} 天，或您撤回的当刻。",
                "effect": "人脸属于敏感个人信息，泄露后不能更换。我们只存加密模板，"
                "每个人一把密钥；算错时，可能认不出您，或请您再确认。",
                "refusal": "没有影响：步骤、等候、服务和价格都一样。",
                "alternative": "通行码、手机号，或请前台同事登记。",
                "legal_basis": "个人信息保护法第二十八条、第二十九条：单独同意；"
                "人脸识别技术应用安全管理办法第六条",
                "recipients": [],
            },
            Purpose.MARKETING_SMS: {
                "title": "短信告诉我新消息",
                "sentence": (
                    "用短信告诉您本项目的新消息，每月不超过两条，"
                    f"{DAYS[Purpose.MARKETING_SMS]} 天后自动停止。"
                ),
                "why": "有新房源、开放日时通知您。",
                "where": "本售楼处的机器。",
                "method": "由本售楼处发送；每条短信都写明我们是谁、怎么退订。",
                "channel": "短信。",
                "frequency": "每月不超过两条。",
                "cancel": "回复 T 退订，或在您自己的页面上点“停止”，当刻停止。",
                "data": ["手机号"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.MARKETING_SMS]} 天，或您退订的当刻。",
                "effect": "您会收到短信。",
                "refusal": "没有影响，不会收到短信。",
                "alternative": "需要时自己到售楼处或来电询问。",
                "legal_basis": "消费者权益保护法第二十九条第三款：同意",
                "recipients": [],
            },
            Purpose.MARKETING_CALL: {
                "title": "电话告诉我新消息",
                "sentence": (
                    "打电话告诉您本项目的新消息，每月不超过一次，"
                    f"{DAYS[Purpose.MARKETING_CALL]} 天后自动停止。"
                ),
                "why": "有新房源、开放日时通知您。",
                "where": "本售楼处。",
                "method": "由本售楼处同事拨打，不用机器人。",
                "channel": "电话。",
                "frequency": "每月不超过一次。",
                "cancel": "您说一声“不要再打”，或在您自己的页面上点“停止”，当刻停止。",
                "data": ["手机号"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.MARKETING_CALL]} 天，或您拒绝的当刻。",
                "effect": "您会接到电话。",
                "refusal": "没有影响，不会接到电话。",
                "alternative": "需要时自己到售楼处或来电询问。",
                "legal_basis": "消费者权益保护法第二十九条第三款：同意",
                "recipients": [],
            },
        },
        "storage": "全部保存在本售楼处自己的机器里，位于中国境内；姓名电话与人脸模板"
        "分开存放。",
        "expiry": "到期后程序自动删除，并销毁解密的钥匙；不用您申请，也不会悄悄延长。",
        "transmission": "人脸不离开这台机器，不经互联网传输。",
        "cross_border": "不出境：没有任何信息存到或传到中国境外。",
        "automated": "判客按公开规则自动得出结论，并写明理由。人脸不参与判客。",
        "human_review": "您有异议时，请找前台，由没有参与过这次判定的人重新看，并告诉您理由。",
        "rights": [
            "查看、复制、更正、补充、删除您的信息，限制或者拒绝处理，撤回同意，要求解释规则。",
            "查看和撤回，在您自己的页面上随时可以；其他的请到前台或写信，"
            f"我们在 {ANSWER_DAYS} 天内答复。",
        ],
        "withdraw": [
            "打开您的页面，点“停止”，一步完成，可以停一项，也可以全部停。",
            f"停止的当刻数据删除，{DESTROY_S} 秒内销毁密钥，备份里的也打不开。",
        ],
        "proof": "您曾同意和撤回的记录（没有姓名、电话和人脸）保存 5 年，用来证明我们守了规矩。",
        "minors": "未满 14 周岁，我们不提供人脸登记；其他信息请由父母或监护人决定。",
        "security": [
            "每份同意一把密钥，加密保存（AES-256-GCM）。",
            "每次收集和使用都先写入不能改的记录，再给出结果。",
            "同事只看得到自己工作需要的内容。",
        ],
        "complaint": [
            "先找我们：privacy@demo.invalid，或前台。",
            "也可以拨打 12315、12345，向网信部门投诉，或者向人民法院起诉。",
        ],
        "assessment": {
            "code": ASSESSMENT_CODE,
            "approved_at": day,
            "demonstration": True,
        },
        "accessibility": "可以放大字体；看不清、不会用时，请前台同事读给您听、陪您办理。",
    }


def _english(day: str) -> dict[str, Any]:
    return {
        "changes": "The first version: there is none before it to compare with.",
        "operator": {
            "name": "Qinghe Demonstration Homes Ltd. (a demonstration, no real company)",
            "address": "1 Sample Road, Demonstration District (not a real address)",
            "contact": "privacy@demo.invalid",
            "privacy_contact": "demonstration officer, privacy@demo.invalid",
        },
        "joint_operators": [],
        "processors": [],
        "site": {"name": "Qinghe Demonstration Sales Center"},
        "summary": [
            "Welcome. Before you check in, a few words.",
            "Each item below is yours to decide, and none is chosen for you. Whatever"
            " you choose, service, viewing and price are the same.",
            "We do not take a picture of you unless you say so. No camera at the door"
            " recognises faces.",
            "You can stop any of it at any time with one tap on your own page; the"
            " data are deleted there and then.",
        ],
        "purposes": {
            Purpose.CONTACT: {
                "title": "Keep my name and phone",
                "sentence": "We keep your name and phone number for"
                f" {DAYS[Purpose.CONTACT]} days so that we can reach you about this"
                " visit, then delete them.",
                "why": "To arrange a viewing, add papers, or return what you left.",
                "where": "Your phone or the sales center's screen; kept on the sales"
                " center's machine.",
                "method": "You type them on your phone or at the screen; they are"
                " stored encrypted on this sales center's machine. Staff give a reason"
                " to read them, and each reading is recorded.",
                "data": ["name", "mobile number", "time of visit"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.CONTACT]} days, then deleted by itself and"
                " the key destroyed.",
                "effect": "Staff may contact you about this visit, not to sell.",
                "refusal": "Nothing changes; you are welcome as ever.",
                "alternative": "No phone: a pass, or come to the desk.",
                "legal_basis": "PIPL art. 13(1)(1): consent",
                "recipients": [],
            },
            Purpose.ATTRIBUTION: {
                "title": "Record which channel brought me",
                "sentence": "We compare your visit with what brokers announced, to"
                " decide which channel brought you, and keep the result for"
                f" {DAYS[Purpose.ATTRIBUTION]} days.",
                "why": "Whether an agent is owed a commission is decided by public"
                " rules.",
                "where": "This sales center's machine.",
                "method": "The published rules of attribution compare the time of the"
                " referral, the time of your visit and the number you left. No face is"
                " used. Each result names its clause; a person looks at objections.",
                "data": ["time of visit", "whether a referral fits"],
                "data_optional": ["referral code"],
                "retention": f"{DAYS[Purpose.ATTRIBUTION]} days.",
                "effect": "It decides who gets a commission, never your price or"
                " service.",
                "refusal": "You are recorded as a walk-in; same service.",
                "alternative": "You may show a referral code and leave no phone.",
                "legal_basis": "PIPL art. 13(1)(1): consent",
                "recipients": [],
            },
            Purpose.FACE_CHECKIN: {
                "title": "Check in with my face next time",
                "sentence": "We take a few frames, turn them into 128 numbers and keep"
                f" those encrypted for {DAYS[Purpose.FACE_CHECKIN]} days; next time,"
                " on your own tap, they recognise you.",
                "why": "Only so that you type less when you come back. A pass or a"
                " phone number does the same, so it is never needed.",
                "where": "The screen at the entrance of the sales center, whose camera"
                " sees only who stands before it; computed on the sales center's"
                " machine.",
                "method": "Filmed only after your tap. You are compared only with"
                " people whose number has the ending you type, never searched for"
                " among everybody; you confirm the answer.",
                "engine": f"The open library dlib, by the method {METHOD}: each look"
                " and its mirror image, scored against twenty thousand people who do"
                " not exist; on this machine, no other vendor takes part.",
                "data": ["face template (128 numbers)"],
                "data_transient": ["a few frames filmed by the screen"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.FACE_CHECKIN]} days, or until the moment"
                " you withdraw.",
                "effect": "A face is sensitive personal information: once leaked it"
                " cannot be changed. We keep only an encrypted template, each under a"
                " key of its own. When it errs, it may not know you, or asks again.",
                "refusal": "Nothing changes: same steps, wait, service and price.",
                "alternative": "A pass, a phone number, or our staff at the desk.",
                "legal_basis": "PIPL art. 28 and 29: separate consent; Measures for"
                " the Security of Facial Recognition art. 6",
                "recipients": [],
            },
            Purpose.MARKETING_SMS: {
                "title": "Tell me news by text message",
                "sentence": "We send you news of this project by text message, at most"
                f" two a month, and stop by ourselves after"
                f" {DAYS[Purpose.MARKETING_SMS]} days.",
                "why": "To tell you of new homes and open days.",
                "where": "This sales center's machine.",
                "method": "Sent by this sales center; each message says who we are and"
                " how to stop it.",
                "channel": "Text message.",
                "frequency": "At most two a month.",
                "cancel": "Answer T, or tap “Stop” on your own page: it stops at once.",
                "data": ["mobile number"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.MARKETING_SMS]} days, or until you stop it.",
                "effect": "You receive text messages.",
                "refusal": "Nothing changes; you receive none.",
                "alternative": "Come by or call us whenever you like.",
                "legal_basis": "Consumer Rights Protection Law art. 29(3): consent",
                "recipients": [],
            },
            Purpose.MARKETING_CALL: {
                "title": "Tell me news by phone call",
                "sentence": "We call you with news of this project, at most once a"
                f" month, and stop by ourselves after {DAYS[Purpose.MARKETING_CALL]}"
                " days.",
                "why": "To tell you of new homes and open days.",
                "where": "This sales center.",
                "method": "Our own staff call; no machine does.",
                "channel": "Phone call.",
                "frequency": "At most once a month.",
                "cancel": "Say “no more”, or tap “Stop” on your own page: it stops at"
                " once.",
                "data": ["mobile number"],
                "data_optional": [],
                "retention": f"{DAYS[Purpose.MARKETING_CALL]} days, or until you refuse.",
                "effect": "You receive calls.",
                "refusal": "Nothing changes; you receive none.",
                "alternative": "Come by or call us whenever you like.",
                "legal_basis": "Consumer Rights Protection Law art. 29(3): consent",
                "recipients": [],
            },
        },
        "storage": "All of it is kept on this sales center's own machine, in China;"
        " names and phones apart from face templates.",
        "expiry": "When a term is over the program deletes by itself and destroys the"
        " key. You need not ask, and no term is quietly extended.",
        "transmission": "Faces never leave this machine and are not sent over the"
        " internet.",
        "cross_border": "Nothing goes abroad: none of it is kept in or sent to a place"
        " outside China.",
        "automated": "Attribution reaches its result by public rules and writes down"
        " why. Faces take no part.",
        "human_review": "If you object, tell the desk: somebody who took no part in the"
        " result looks at it again and tells you why.",
        "rights": [
            "See, copy, correct, complete or delete your information; restrict or"
            " refuse its use; withdraw consent; have the rules explained.",
            "See and withdraw on your own page at any time; for anything else come to"
            f" the desk or write to us, and we answer within {ANSWER_DAYS} days.",
        ],
        "withdraw": [
            "Open your page and tap “Stop”: one step, for one item or for all.",
            f"The data are deleted at that moment and their key within {DESTROY_S}"
            " seconds, so that no backup can be opened either.",
        ],
        "proof": "The record that you agreed and withdrew (no name, phone or face) is"
        " kept for five years, to prove that we kept to the rules.",
        "minors": "Under 14 we offer no face check-in; a parent or guardian decides"
        " about anything else.",
        "security": [
            "Each consent has a key of its own (AES-256-GCM).",
            "Each collection and use is written to a log that cannot be changed before"
            " its result is given.",
            "Staff see only what their work needs.",
        ],
        "complaint": [
            "First to us: privacy@demo.invalid, or at the desk.",
            "Or call 12315 or 12345, complain to the Cyberspace Administration, or go"
            " to court.",
        ],
        "assessment": {
            "code": ASSESSMENT_CODE,
            "approved_at": day,
            "demonstration": True,
        },
        "accessibility": "Text can be made larger; if you cannot see, hear or use"
        " this, our staff will read it to you and stay with you.",
    }
