"""The terms of the rules of attribution in words, and what a draft may say.

Pure. Labels, units and clauses in both languages, for the form of a draft, for what
differs between two versions, and for the notice to the channels.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from audit.say import Say

STARTED = "2026-01-01T00:00:00+00:00"
"""Some moment, for a document that is judged as if it had always been in force."""

NOTICE_DAYS = 7
"""Days of notice where the rules in force say nothing."""

KINDS: dict[str, Say] = {
    "broker": Say("分销", "Broker"),
    "own_team": Say("自渠", "Own team"),
    "resident": Say("老带新", "Resident"),
    "citizen_agent": Say("全民经纪人", "Citizen agent"),
    "online": Say("线上", "Online"),
}
FAMILY: dict[str, Say] = {
    "same_customer": Say("同一客户", "One customer"),
    "separate": Say("各算各的", "Each on their own"),
}
MINUTES, DAYS, PER_DAY, DIGITS = (
    Say("分钟", "minutes"),
    Say("天", "days"),
    Say("条", "a day"),
    Say("位", "digits"),
)


@dataclass(frozen=True, slots=True)
class Term:
    """One number of the rules: its clause, words, unit and bounds."""

    name: str
    clause: str
    label: Say
    help: Say
    unit: Say
    least: int
    most: int


TERMS: tuple[Term, ...] = (
    Term(
        "min_lead_minutes",
        "A2",
        Say("最少提前", "Announced at least"),
        Say(
            "报备必须早于首次到访这么久，否则算晚了。",
            "Before the first visit; later than that, it comes too late.",
        ),
        MINUTES,
        0,
        43_200,
    ),
    Term(
        "protection_days",
        "A4",
        Say("保护期", "Protection"),
        Say(
            "从报备起算；期内别的渠道不能再报备同一客户。",
            "From the referral on; nobody else can announce this customer meanwhile.",
        ),
        DAYS,
        1,
        3_650,
    ),
    Term(
        "lookback_days",
        "A3",
        Say("回溯期", "Look-back"),
        Say(
            "报备前这么多天内自己来过的客户，不算渠道的。",
            "A customer who came alone within this time before is not the channel's.",
        ),
        DAYS,
        0,
        3_650,
    ),
    Term(
        "ownership_days",
        "A7",
        Say("归属期", "Ownership"),
        Say(
            "判给渠道后客户归它这么久，期内每来一次重新起算。",
            "After a decision the customer is the channel's; each visit inside renews.",
        ),
        DAYS,
        0,
        3_650,
    ),
    Term(
        "quota_per_agent_per_day",
        "A8",
        Say("每人每日上限", "Daily quota of an agent"),
        Say(
            "一名经纪人一天内超出的报备无效。",
            "Referrals of one agent beyond it on one day are void.",
        ),
        PER_DAY,
        1,
        10_000,
    ),
    Term(
        "masked_min_visible",
        "A1",
        Say("打码号码至少可见", "Visible digits of a masked number"),
        Say(
            "可见位数更少的打码号码对不上任何人。",
            "A masked number that shows fewer fits nobody.",
        ),
        DIGITS,
        4,
        11,
    ),
)
BY_NAME = {term.name: term for term in TERMS}
FAMILY_LABEL = Say("夫妻、父母、子女", "Spouses, parents, children")
NOTICE = Term(
    "notice_days",
    "",
    Say("改规则的提前公示", "Notice of a change"),
    Say(
        "以后的新版至少提前这么久公布。",
        "A later version is published at least this long ahead.",
    ),
    DAYS,
    1,
    365,
)

STARTING: dict[str, Any] = {
    "notice_days": NOTICE_DAYS,
    "region": "CN",
    "defaults": {
        "min_lead_minutes": 30,
        "protection_days": 30,
        "lookback_days": 60,
        "ownership_days": 60,
        "quota_per_agent_per_day": 30,
        "masked_min_visible": 7,
        "family": "same_customer",
    },
    "kinds": {},
}
"""What a site's first draft goes on from."""

FINDINGS: dict[str, Say] = {
    "number": Say("要填一个整数", "A whole number is needed"),
    "bounds": Say("超出了允许的范围", "Outside what is allowed"),
    "choice": Say("请选一项", "Choose one"),
    "day": Say("要填一个日期", "A day is needed"),
    "too_soon": Say(
        "生效日太近：要按现行规则提前公布",
        "Too soon: the rules in force ask for notice",
    ),
    "taken": Say("这一天已经有另一版生效", "Another version takes effect that day"),
    "unchanged": Say(
        "和现行规则没有不同，不用公布", "No different from the rules in force"
    ),
}


class Finding(NamedTuple):
    """What keeps a draft from being published: a code, and the field it is about."""

    code: str
    field: str

    @property
    def says(self) -> Say:
        """Return the reason in words."""
        return FINDINGS[self.code]


class Difference(NamedTuple):
    """One term that differs, for all channels (`kind` empty) or for one kind."""

    clause: str
    kind: str
    label: Say
    was: Say
    now: Say

    @property
    def of(self) -> Say | None:
        """Return what the kind is called; None for all channels."""
        return KINDS.get(self.kind, Say(self.kind, self.kind)) if self.kind else None


def notice_days(document: Mapping[str, Any] | None) -> int:
    """Return how many days ahead a version after this one is published."""
    found = (document or {}).get("notice_days")
    return found if isinstance(found, int) else NOTICE_DAYS


def first_day(
    document: Mapping[str, Any] | None, now: datetime, zone: ZoneInfo
) -> date | None:
    """Return the first local day at whose start another version may take effect.

    None where there are no rules yet: nobody relies on any, and before the first
    version takes effect it is used anyway.

    Args:
        document: the rules in force.
        now: aware.
        zone: the rules'.
    """
    if document is None:
        return None
    earliest = (now + timedelta(hours=24 * notice_days(document))).astimezone(zone)
    return earliest.date() + timedelta(days=1)


def day_start(day: date, zone: ZoneInfo) -> str:
    """Return the moment at which a local day begins, as a document writes it."""
    return datetime.combine(day, time.min, zone).isoformat()


def day_of(document: Mapping[str, Any]) -> date | None:
    """Return the local day on which a document takes effect; None when it is none."""
    try:
        return datetime.fromisoformat(str(document["effective_from"])).date()
    except (KeyError, ValueError):
        return None


def fields(document: Mapping[str, Any]) -> Iterator[tuple[str, Term, str]]:
    """Yield path, term and text of each number of a draft, those of kinds included."""
    yield NOTICE.name, NOTICE, str(document.get(NOTICE.name, NOTICE_DAYS))
    for term in TERMS:
        yield (
            f"defaults/{term.name}",
            term,
            str(document["defaults"].get(term.name, "")),
        )
        for kind in KINDS:
            told = (document.get("kinds") or {}).get(kind, {})
            yield f"kinds/{kind}/{term.name}", term, str(told.get(term.name, ""))


def edited(document: Mapping[str, Any], posted: Mapping[str, str]) -> dict[str, Any]:
    """Return a draft with what a form posted in it; what is no number stays as typed.

    An empty field of a kind means that the kind has no term of its own.
    """
    result: dict[str, Any] = copy.deepcopy(dict(document))
    result["kinds"] = dict(result.get("kinds") or {})
    zone = ZoneInfo(result["timezone"])
    for path, _, _ in list(fields(document)):
        if path not in posted:
            continue
        text = posted[path].strip()
        value = int(text) if text.isascii() and text.isdigit() else text
        where, _, name = path.rpartition("/")
        if where.startswith("kinds/"):
            told = result["kinds"].setdefault(where.removeprefix("kinds/"), {})
            told.pop(name, None)
            if text:
                told[name] = value
        elif where:
            result[where][name] = value
        else:
            result[name] = value
    if "family" in posted:
        result["defaults"]["family"] = posted["family"]
    if "day" in posted:
        try:
            day = date.fromisoformat(posted["day"].strip())
            result["effective_from"] = day_start(day, zone)
        except ValueError:
            result["effective_from"] = posted["day"].strip()[:20]
    result["kinds"] = {kind: told for kind, told in result["kinds"].items() if told}
    return result


def findings(
    document: Mapping[str, Any],
    *,
    prior: Mapping[str, Any] | None,
    earliest: date | None,
) -> list[Finding]:
    """Return what keeps a draft from being published; [] when nothing does.

    Args:
        document: the draft.
        prior: the rules in force, if there are any.
        earliest: the first day on which it may take effect; None for any.
    """
    found = [
        Finding(code, path)
        for path, term, text in fields(document)
        if (text or not path.startswith("kinds/")) and (code := _wrong(term, text))
    ]
    if document["defaults"].get("family") not in FAMILY:
        found.append(Finding("choice", "family"))
    day = day_of(document)
    if day is None:
        found.append(Finding("day", "day"))
    elif earliest is not None and day < earliest:
        found.append(Finding("too_soon", "day"))
    if prior is not None and not found and not differences(prior, document):
        found.append(Finding("unchanged", ""))
    return found


def _wrong(term: Term, text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        return "number"
    return "" if term.least <= int(text) <= term.most else "bounds"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return each term that another version says otherwise, in words.

    A kind of channel is told apart where it has a term of its own in either version;
    what is told is the term that counts for it.
    """
    found: list[Difference] = []
    for term in TERMS:
        for kind in ("", *KINDS):
            if kind and not (_own(old, kind, term.name) or _own(new, kind, term.name)):
                continue
            was, now = _value(old, kind, term.name), _value(new, kind, term.name)
            if was != now:
                found.append(
                    Difference(
                        term.clause, kind, term.label, said(term, was), said(term, now)
                    )
                )
    was, now = old["defaults"].get("family"), new["defaults"].get("family")
    if was != now:
        found.append(Difference("A10", "", FAMILY_LABEL, _family(was), _family(now)))
    before, after = notice_days(old), new.get("notice_days", NOTICE_DAYS)
    if before != after:
        found.append(
            Difference("", "", NOTICE.label, said(NOTICE, before), said(NOTICE, after))
        )
    return found


def said(term: Term, value: Any) -> Say:
    """Return a value with its unit."""
    if value in (None, ""):
        return Say("—", "—")
    english = term.unit.en
    if value == 1:
        english = {"days": "day", "minutes": "minute", "digits": "digit"}.get(
            english, english
        )
    return Say(f"{value} {term.unit.zh}", f"{value} {english}")


def _family(value: Any) -> Say:
    return FAMILY.get(value, Say(str(value), str(value)))


def _own(document: Mapping[str, Any], kind: str, name: str) -> bool:
    return name in (document.get("kinds") or {}).get(kind, {})


def _value(document: Mapping[str, Any], kind: str, name: str) -> Any:
    told = (document.get("kinds") or {}).get(kind, {}) if kind else {}
    return told.get(name, document["defaults"].get(name))
