"""The clauses in one sentence each, for the notice that channels are given."""

from __future__ import annotations

from audit.say import Say

CLAUSES_TOLD: tuple[tuple[str, Say], ...] = (
    (
        "A1",
        Say(
            "电话一致，报备才算这位客户的。打码号码要可见的每一位都一致、可见位数够、"
            "姓氏也一致；能对上不止一位来过的客户时，由人核定。",
            "A referral is about a customer whose phone is equal. A masked number fits"
            " when every visible digit and the surname agree and enough digits show; if"
            " it fits more than one customer who has come, a person decides.",
        ),
    ),
    (
        "A2",
        Say(
            "报备必须比首次到访早到规定的时间。",
            "It must come early enough before the first visit.",
        ),
    ),
    (
        "A3",
        Say(
            "报备前的回溯期内客户自己来过，报备无效。",
            "If the customer came alone within the look-back before it, it is void.",
        ),
    ),
    (
        "A4",
        Say(
            "报备从收到起受保护；首次到访在保护期之外，报备无效。",
            "It protects from its receipt; a first visit outside that time voids it.",
        ),
    ),
    (
        "A5",
        Say(
            "同一次首次到访有几条有效报备时，最早的算；同一时刻的，由人核定。",
            "Of several that stand for one first visit the earliest wins; two at the"
            " same instant are for a person.",
        ),
    ),
    (
        "A6",
        Say(
            "别的渠道保护期内的报备无效，保护期过后可以重新报备。",
            "Made while another channel's protection runs it is void; announce again"
            " when that has ended.",
        ),
    ),
    (
        "A7",
        Say(
            "到访判给渠道后，客户在归属期内归它，期内每来一次重新起算；"
            "期内别的渠道的报备无效。",
            "A visit decided for a channel makes the customer its own for a time, which"
            " each visit inside renews; referrals of others inside are void.",
        ),
    ),
    (
        "A8",
        Say(
            "一名经纪人一天内超出上限的报备无效。",
            "Referrals of one agent beyond the day's quota are void.",
        ),
    ),
    (
        "A9",
        Say(
            "客户确认换了号码，新旧号码算同一位客户。",
            "A changed number that the customer confirmed is the same customer.",
        ),
    ),
    (
        "A10",
        Say(
            "有证明的夫妻、父母、子女按下表处理。",
            "Spouses, parents and children, declared with evidence, count as the table"
            " says.",
        ),
    ),
    (
        "A11",
        Say(
            "没有客户同意证明的报备，要客户到场确认或出示报备码才算；"
            "客户否认的一律无效。",
            "Without the client's consent proof it counts only if the client confirms"
            " it or shows its code; one the client denies is void.",
        ),
    ),
    (
        "A12",
        Say(
            "人脸只在本人另行同意有效期间可以把两次到访连起来；不同意不影响归属。",
            "A face joins two visits only while a consent of its own is live; refusing"
            " it changes nothing.",
        ),
    ),
    (
        "A13",
        Say(
            "首次认购后归属不再变，争议裁定除外。",
            "The first subscription freezes the decision; only a ruling changes it.",
        ),
    ),
    (
        "A14",
        Say("没有有效报备的，是自然来访。", "Where no referral stands: a walk-in."),
    ),
)

NOTICE_TOLD: dict[str, Say] = {
    "title": Say("判客规则", "Rules of attribution"),
    "lead": Say(
        "客户由谁介绍、佣金归谁，只按下面公布的规则定；每一次判定都写明条款和依据。"
        "报备的时间以服务器收到的时间为准。",
        "Who brought a customer, and who is owed a commission, is decided by these"
        " published rules alone; each decision names its clause and its facts. Of a"
        " referral, the time of receipt by the server counts.",
    ),
    "demonstration": Say("演示", "DEMONSTRATION"),
    "in_force": Say("现行", "In force"),
    "to_come": Say("将要生效", "To come"),
    "since": Say("起始", "from"),
    "published": Say("公布于", "published"),
    "changes": Say("和前一版不同的地方", "What changes"),
    "clause": Say("条款", "Clause"),
    "clauses": Say("条款", "Clauses"),
    "all": Say("所有渠道", "All channels"),
    "otherwise": Say("另有规定", "Otherwise for"),
    "empty": Say("还没有公布规则。", "No rules are published yet."),
    "reading": Say(
        "一天按 24 小时算；只有每日上限按当地日历日。期间包含起点，不含终点。"
        "报备按收到时的版本，到访按到访时的版本。",
        "Days are 24 hours; only the quota's day is local. Spans include their start"
        " and not their end. A referral is judged by the version in force when it came"
        " in, a visit by the one in force at it.",
    ),
}
"""What else the notice says."""
