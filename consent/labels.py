"""What each field and term of the rules is called, on pages and in drafts."""

from __future__ import annotations

from audit.say import Say

Scalar = str | int | bool | None
"""What a term can be; None where it is not stated."""

TERMS: dict[str, Say] = {
    "label": Say("版本", "Version"),
    "effective_from": Say("施行日期", "In force since"),
    "answer_days": Say("答复期限（天）", "Days until an answer"),
    "proof_days": Say("同意的证明保存（天）", "Days that the proof of consent is kept"),
    "retention_days": Say("保存期限（天）", "Kept for, in days"),
    "destroy_s": Say("销毁密钥（秒之内）", "Key destroyed within, in seconds"),
    "sensitive": Say("敏感个人信息", "Sensitive"),
    "matching": Say("比对范围", "Compared with"),
    "presence": Say("在场检查，未经认证", "Presence check, not certified"),
}

FIELDS: dict[str, Say] = {
    "changes": Say("比上一版的变化", "Changes"),
    "operator.name": Say("处理者", "Who is responsible"),
    "operator.address": Say("处理者的地址", "Address"),
    "operator.contact": Say("处理者的联系方式", "Contact"),
    "operator.privacy_contact": Say("个人信息保护联系人", "Privacy contact"),
    "joint_operators": Say("共同处理者", "Jointly with"),
    "processors": Say("谁替我们处理", "Who works for us"),
    "site.name": Say("案场", "Site"),
    "summary": Say("开头的话", "The letter"),
    "storage": Say("存在哪里", "Where it is kept"),
    "expiry": Say("到期以后", "When a term is over"),
    "transmission": Say("会不会传出去", "Whether it leaves"),
    "cross_border": Say("会不会出境", "Whether it goes abroad"),
    "automated": Say("自动决定", "Automated decisions"),
    "human_review": Say("由人复核", "A person looks again"),
    "rights": Say("您的权利", "Your rights"),
    "withdraw": Say("怎么撤回", "How to withdraw"),
    "proof": Say("留下的证明", "The proof that stays"),
    "minors": Say("未满 14 周岁", "Under 14"),
    "security": Say("怎么保护", "How it is protected"),
    "complaint": Say("不满意可以找谁", "Where to complain"),
    "assessment.code": Say("影响评估的编号", "Impact assessment"),
    "assessment.approved_at": Say("影响评估的批准日期", "Assessment approved"),
    "assessment.filing": Say("备案号", "Filed as"),
    "assessment.demonstration": Say("影响评估仅供演示", "Demonstration only"),
    "accessibility": Say("大字、朗读、协助", "Large type, audio, help"),
}

PURPOSE_FIELDS: dict[str, Say] = {
    "title": Say("名称", "Title"),
    "sentence": Say("一句话", "In one sentence"),
    "why": Say("为什么需要", "Why it is needed"),
    "where": Say("在哪里", "Where"),
    "method": Say("怎么处理", "How"),
    "engine": Say("用什么计算", "Computed by"),
    "channel": Say("用什么方式联系", "By which channel"),
    "frequency": Say("多久一次", "How often"),
    "cancel": Say("怎么停", "How to stop it"),
    "data": Say("必需的信息", "Data, needed"),
    "data_optional": Say("可以不给的信息", "Data, optional"),
    "data_transient": Say("只经过、不保存", "Seen, not kept"),
    "retention": Say("保存多久", "Kept for"),
    "effect": Say("对您的影响", "Effect on you"),
    "refusal": Say("不同意会怎样", "If you refuse"),
    "alternative": Say("别的办法", "Another way"),
    "legal_basis": Say("法律依据", "Legal basis"),
    "recipients": Say("会给谁", "Given to"),
}

MATCHING: dict[str, Say] = {
    "1:1": Say("一个人（1:1）", "one person (1:1)"),
    "1:few": Say("少数几个人（1:少数）", "a few people (1:few)"),
    "1:n": Say("所有登记过的人（1:N）", "everybody enrolled (1:N)"),
}

YES, NO = Say("是", "yes"), Say("否", "no")

PRESENCE: dict[str, Say] = {
    "no": Say("不做", "not asked for"),
    "yes": Say(
        "每次都做：左转、右转、靠近，次序随机",
        "every time: turn left, turn right, come nearer, in a drawn order",
    ),
}
"""What a draft offers for the term `presence`."""


def term_title(name: str) -> Say:
    """Return what a term is called; one that nobody named stands as it is."""
    return TERMS.get(name, Say(name, name))


def term_said(name: str, value: Scalar) -> Say | Scalar:
    """Return a term's value as a reader is told it; None where it is not stated."""
    if isinstance(value, bool):
        return YES if value else NO
    if name == "matching" and isinstance(value, str):
        return MATCHING.get(value, value)
    return value


def field_title(name: str) -> Say:
    """Return what a field is called, of the whole or of a purpose."""
    return FIELDS.get(name) or PURPOSE_FIELDS.get(name) or Say(name, name)
