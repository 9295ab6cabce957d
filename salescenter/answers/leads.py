"""Answers to errors of visits, referrals and attribution."""

from __future__ import annotations

from audit.errors import DomainError
from audit.say import Say
from leads import errors as leads
from leads.attribution.errors import FactsMalformed
from leads.phones import PhoneInvalid
from salescenter.answers.answer import (
    CHOICES_STAND,
    NOTHING_KEPT,
    OTHER_WAYS,
    TELL_OPERATOR,
    Answer,
)

ANSWERS: dict[type[DomainError], Answer] = {
    leads.VisitorUnknown: Answer(
        404, Say("没有找到您", "We could not find you"), NOTHING_KEPT, OTHER_WAYS
    ),
    leads.NobodyEnrolled: Answer(
        404,
        Say("没有可以比对的人脸", "There is no face to compare with"),
        Say("摄像头没有打开。", "The camera was not switched on."),
        OTHER_WAYS,
    ),
    leads.CapturesTooMany: Answer(
        429,
        Say("摄像头打开得太频繁了", "The camera was opened too often"),
        Say("摄像头没有打开。", "The camera was not switched on."),
        OTHER_WAYS,
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
    leads.QuestionClosed: Answer(
        409,
        Say("这个问题已经不问了", "This is not asked any more"),
        Say("没有记下您的回答。", "Your answer was not recorded."),
        Say("请回到您的页面。", "Please go back to your page."),
        next_path="/me/",
    ),
    leads.RulingSettled: Answer(
        409,
        Say("这次到访已经有了结论", "This visit is settled already"),
        Say("您的裁定没有记下。", "Your ruling was not recorded."),
        Say(
            "请打开判定书，看现在的结论。",
            "Open its decision sheet to see what stands now.",
        ),
        next_path="/reviews/",
    ),
    leads.RulingUnfit: Answer(
        400,
        Say("这个裁定不成立", "This ruling cannot be made"),
        Say("什么也没有记下。", "Nothing was recorded."),
        Say(
            "只能判给与这次到访有关的渠道，或判自然来访；理由要与结论相合。",
            "Choose a channel that is concerned, or walk-in, and a reason that fits.",
        ),
        next_path="/reviews/",
    ),
    leads.AttributionDraftUnfit: Answer(
        409,
        Say(
            "这份判客规则草稿还不能公布",
            "These rules of attribution cannot be published yet",
        ),
        NOTHING_KEPT,
        Say(
            "请作者看草稿页上标出的地方：生效日可能太近了。",
            "Its author sees on the draft what has to change: it may take effect too"
            " soon.",
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
