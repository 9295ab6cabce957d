"""The sentence of each clause, in Chinese and English, for both sides to read.

No name, phone, channel or agent stands in them: times, terms and clauses only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from string import Formatter
from zoneinfo import ZoneInfo

DAY = timedelta(hours=24)

SENTENCES: dict[str, tuple[str, str]] = {
    "A1.phone": (
        "报备的电话与到访登记的电话一致。",
        "The announced phone equals the one given at the visit.",
    ),
    "A1.masked": (
        "报备的部分号码与姓氏均与到访登记相符。",
        "The visible digits and the surname announced agree with the visit's.",
    ),
    "A1.match": (
        "此前已核对过：这条报备与该客户相符。",
        "It was found before that this referral concerns this customer.",
    ),
    "A1.shown": (
        "客户本人出示了这条报备的凭码。",
        "The visitor showed this referral's own code.",
    ),
    "A1.ambiguous": (
        "这条报备的部分号码与不止一位到访客户相符，需由人员核定。",
        "The announced digits fit more than one customer who has visited; "
        "a person decides.",
    ),
    "A2.met": (
        "报备于 {announced}，首次到访于 {visited}，满足至少提前 {lead}的要求。",
        "Announced {announced}, first visit {visited}: at least {lead} before.",
    ),
    "A2.late": (
        "报备于 {announced}，首次到访于 {visited}，未满足至少提前 {lead}的要求。",
        "Announced {announced}, first visit {visited}: less than {lead} before.",
    ),
    "A3.clear": (
        "客户曾于 {visited} 自行到访，但不在报备前 {lookback}的回溯期内"
        "（自 {from_at} 起），不影响这条报备。",
        "The customer came alone on {visited}, outside the {lookback} looked back "
        "before the referral (from {from_at}); it does not void the referral.",
    ),
    "A3.already_visited": (
        "客户曾于 {visited} 自行到访，在报备（{announced}）前 {lookback}的回溯期内。",
        "The customer came alone on {visited}, within the {lookback} looked back "
        "before the referral ({announced}).",
    ),
    "A4.met": (
        "首次到访于 {visited}，在报备保护期内（至 {protected} 止）。",
        "The first visit, {visited}, lies in the referral's protection, "
        "which ends {protected}.",
    ),
    "A4.expired": (
        "首次到访于 {visited}，报备保护期已于 {protected} 结束。",
        "The first visit was {visited}; the referral's protection ended {protected}.",
    ),
    "A5.won": (
        "在这次到访的有效报备中，这一条最早（{announced}）。",
        "Of the valid referrals for this visit this one came first ({announced}).",
    ),
    "A5.later": (
        "这条有效报备（{announced}）晚于另一条有效报备。",
        "This valid referral ({announced}) came after another valid one.",
    ),
    "A5.tie": (
        "不止一条有效报备的时间同为最早（{announced}），需由人员核定。",
        "More than one valid referral came first at the same instant "
        "({announced}); a person decides.",
    ),
    "A6.blocked": (
        "报备时（{announced}）该客户正处于另一渠道的保护期内。",
        "When it was made ({announced}), another channel's protection for this "
        "customer was running.",
    ),
    "A7.owner": (
        "客户于 {visited} 归属该渠道，归属期至 {until} 止，此次在归属期内。",
        "Since the visit of {visited} the customer is this channel's until {until}; "
        "this moment lies inside.",
    ),
    "A7.review": (
        "此时处于不止一个渠道的归属期内，需由人员核定。",
        "This moment lies inside the ownership of more than one channel; "
        "a person decides.",
    ),
    "A7.owned": (
        "报备时（{announced}）客户正处于另一渠道的归属期内。",
        "When it was made ({announced}), the customer was inside another channel's "
        "ownership.",
    ),
    "A8.quota": (
        "该经纪人当日报备数已超过每日 {quota} 条的上限。",
        "The agent had used up that day's quota of {quota} referrals.",
    ),
    "A9.joined": (
        "客户确认更换过电话，两个号码视为同一客户。",
        "The customer confirmed a changed number; both numbers are one customer.",
    ),
    "A10.joined": (
        "经证明的亲属关系，视为同一客户。",
        "A relation declared with evidence makes them one customer.",
    ),
    "A11.denied": (
        "客户本人表示这条报备与其无关。",
        "The client denied this referral.",
    ),
    "A11.unconfirmed": (
        "这条报备没有客户的同意证明，到场后也未经客户确认。",
        "This referral has no consent proof and was not confirmed at the site.",
    ),
    "A12.joined": (
        "在另行同意有效期间，人脸比对将两次到访认定为同一人。",
        "While a consent of its own was live, a face link joined two visits.",
    ),
    "A13.ruled": (
        "争议已由人员裁定，以裁定为准。",
        "People ruled on the dispute; the ruling stands.",
    ),
    "A14.walk_in": (
        "此次到访没有有效的报备，为自然来访。",
        "No valid referral for this visit: a walk-in.",
    ),
}


# What each sentence names, so that nothing else is put into words.
_NAMED = {
    name: frozenset(
        field for text in pair for _, field, _, _ in Formatter().parse(text) if field
    )
    for name, pair in SENTENCES.items()
}


def moment_text(at: datetime, zone: ZoneInfo) -> str:
    """Return a local time to the minute, or as much finer as the instant is."""
    if at.microsecond:
        precision = "microseconds" if at.microsecond % 1000 else "milliseconds"
    else:
        precision = "seconds" if at.second else "minutes"
    local = at.astimezone(zone).replace(tzinfo=None)
    return local.isoformat(sep=" ", timespec=precision)


def span_texts(span: timedelta) -> tuple[str, str]:
    """Return a length of time in Chinese and English, in days or minutes."""
    if span >= DAY and not span % DAY:
        days = span // DAY
        return f"{days} 天", f"{days} day{'' if days == 1 else 's'}"
    minutes = span // timedelta(minutes=1)
    return f"{minutes} 分钟", f"{minutes} minute{'' if minutes == 1 else 's'}"


def sentence(
    name: str, zone: ZoneInfo, **values: datetime | timedelta | int
) -> tuple[str, str]:
    """Return the Chinese and the English sentence of one step."""
    zh, en = SENTENCES[name]
    chinese: dict[str, str] = {}
    english: dict[str, str] = {}
    for key in _NAMED[name] & values.keys():
        value = values[key]
        if isinstance(value, timedelta):
            chinese[key], english[key] = span_texts(value)
        elif isinstance(value, datetime):
            chinese[key] = english[key] = moment_text(value, zone)
        else:
            chinese[key] = english[key] = str(value)
    return zh.format_map(chinese), en.format_map(english)
