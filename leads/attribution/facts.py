"""The facts a decision is made from, and their JSON form (attribution.md, section 3).

Times are kept in UTC. Phones are E.164 before they enter the engine: `parse_facts`
normalises those of a file, the service hands over numbers normalised when entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from leads.attribution.errors import FactsMalformed
from leads.attribution.reading import Entry, quoted
from leads.attribution.rules import Rulebook, parse_rules
from leads.phones import MaskedPhone, PhoneInvalid, masked_parse, normalise

__all__ = [
    "Case",
    "Confirmation",
    "ContactChange",
    "Deal",
    "FaceLink",
    "FaceWithdrawn",
    "Fact",
    "FactsMalformed",
    "Referral",
    "ReferralMatch",
    "ReferralShown",
    "Relation",
    "Ruling",
    "SamePerson",
    "Visit",
    "parse_case",
    "parse_facts",
]

STAGES = ("intent", "subscribed", "signed", "paid")
ANSWERS = ("confirmed", "denied")
RULED = ("channel", "walk_in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened: its identifier and its server time."""

    id: str
    at: datetime

    def __post_init__(self) -> None:
        """Keep the instant in UTC, so that days are 24 hours everywhere."""
        if self.at.tzinfo is not UTC:
            if self.at.tzinfo is None:
                text = "a fact's time carries its zone"
                raise ValueError(text)
            object.__setattr__(self, "at", self.at.astimezone(UTC))

    @property
    def key(self) -> tuple[datetime, str]:
        """Return the order of facts: time, then identifier."""
        return self.at, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(Fact):
    """A channel announced a client. `phone` is E.164; or masked; or erased.

    `whole` says of an erased one that it was whole, so that its matches were certain.
    """

    channel: str
    kind: str
    agent: str
    surname: str | None
    phone: str | None
    masked: MaskedPhone | None = None
    whole: bool = False
    consent_proof: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Fact):
    """Somebody arrived. `phone` MUST be None without a live `attribution` consent."""

    visitor: str
    phone: str | None
    surname: str | None
    verified_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal(Fact):
    """A purchase reached a stage (one of `STAGES`)."""

    visitor: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Fact):
    """The client answered whether a referral is theirs (one of `ANSWERS`)."""

    referral: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralShown(Fact):
    """The visitor showed a referral's own code."""

    referral: str
    visitor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralMatch(Fact):
    """It was found, once, that a referral concerns a visitor; no phone needed."""

    referral: str
    visitor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange(Fact):
    """A visitor's number changed, confirmed; both E.164."""

    visitor: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePerson(Fact):
    """Two visitors had the same phone; for history whose phones are gone."""

    visitor: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Fact):
    """Two visitors declared a relation."""

    visitor: str
    other: str
    relation: str
    evidence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceLink(Fact):
    """A face, with its own consent, said that two visits were one person's."""

    visits: tuple[str, str]
    consent_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceWithdrawn(Fact):
    """A visitor withdrew the consent that faces may link visits."""

    visitor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling(Fact):
    """People ruled on a dispute (`outcome` is one of `RULED`).

    `visit` names the visit that was ruled on; without it, it is the customer's deciding
    moment when the ruling came.
    """

    visitor: str
    dispute: str | None
    outcome: str
    channel: str | None
    visit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A whole document: the rules, the facts, about whom and as of when."""

    rules: Rulebook
    facts: tuple[Fact, ...]
    visitor: str
    as_of: datetime


def _phone(entry: Entry, name: str, region: str) -> str | None:
    value = entry.value(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise entry.wrong(name, "is neither a text nor null")
    try:
        return normalise(value, region)
    except PhoneInvalid:
        raise entry.wrong(name, "is not a phone number") from None


def _number(entry: Entry, name: str, region: str) -> str:
    phone = _phone(entry, name, region)
    if phone is None:
        raise entry.wrong(name, "is not a phone number")
    return phone


def _referral(entry: Entry, fact_id: str, at: datetime, region: str) -> Referral:
    hidden: MaskedPhone | None = None
    if entry.data.get("phone_masked") is not None:
        try:
            hidden = masked_parse(entry.text("phone_masked"), region)
        except PhoneInvalid:
            raise entry.wrong("phone_masked", "is not a masked phone number") from None
    stands_in = "phone_masked" in entry.data and "phone" not in entry.data
    return Referral(
        id=fact_id,
        at=at,
        channel=entry.text("channel"),
        kind=entry.text("kind"),
        agent=entry.text("agent"),
        surname=entry.text_or_null("surname"),
        phone=None if stands_in else _phone(entry, "phone", region),
        masked=hidden,
        whole=entry.flag("whole") if "whole" in entry.data else False,
        consent_proof=entry.flag("consent_proof"),
    )


def _visit(entry: Entry, fact_id: str, at: datetime, region: str) -> Visit:
    return Visit(
        id=fact_id,
        at=at,
        visitor=entry.text("visitor"),
        phone=_phone(entry, "phone", region),
        surname=entry.text_or_null("surname"),
        verified_by=entry.text("verified_by"),
    )


def _deal(entry: Entry, fact_id: str, at: datetime, _region: str) -> Deal:
    stage = entry.choice("stage", STAGES)
    return Deal(id=fact_id, at=at, visitor=entry.text("visitor"), stage=stage)


def _confirmation(
    entry: Entry, fact_id: str, at: datetime, _region: str
) -> Confirmation:
    answer = entry.choice("answer", ANSWERS)
    return Confirmation(
        id=fact_id, at=at, referral=entry.text("referral"), answer=answer
    )


def _shown(entry: Entry, fact_id: str, at: datetime, _region: str) -> ReferralShown:
    visitor = entry.text("visitor")
    return ReferralShown(
        id=fact_id, at=at, referral=entry.text("referral"), visitor=visitor
    )


def _match(entry: Entry, fact_id: str, at: datetime, _region: str) -> ReferralMatch:
    visitor = entry.text("visitor")
    return ReferralMatch(
        id=fact_id, at=at, referral=entry.text("referral"), visitor=visitor
    )


def _change(entry: Entry, fact_id: str, at: datetime, region: str) -> ContactChange:
    return ContactChange(
        id=fact_id,
        at=at,
        visitor=entry.text("visitor"),
        old=_number(entry, "old", region),
        new=_number(entry, "new", region),
    )


def _same(entry: Entry, fact_id: str, at: datetime, _region: str) -> SamePerson:
    other = entry.text("other")
    return SamePerson(id=fact_id, at=at, visitor=entry.text("visitor"), other=other)


def _relation(entry: Entry, fact_id: str, at: datetime, _region: str) -> Relation:
    return Relation(
        id=fact_id,
        at=at,
        visitor=entry.text("visitor"),
        other=entry.text("other"),
        relation=entry.text("relation"),
        evidence=entry.flag("evidence"),
    )


def _link(entry: Entry, fact_id: str, at: datetime, _region: str) -> FaceLink:
    match entry.items("visits"):
        case [str(first), str(second)]:
            visits = (first, second)
        case _:
            raise entry.wrong("visits", "is not a pair of visit ids")
    live = entry.flag("consent_live")
    return FaceLink(id=fact_id, at=at, visits=visits, consent_live=live)


def _withdrawn(entry: Entry, fact_id: str, at: datetime, _region: str) -> FaceWithdrawn:
    return FaceWithdrawn(id=fact_id, at=at, visitor=entry.text("visitor"))


def _ruling(entry: Entry, fact_id: str, at: datetime, _region: str) -> Ruling:
    outcome = entry.choice("outcome", RULED)
    channel = entry.text_or_null("channel")
    if outcome == "channel" and channel is None:
        raise entry.wrong("channel", "is missing where the outcome is a channel")
    return Ruling(
        id=fact_id,
        at=at,
        visitor=entry.text("visitor"),
        dispute=entry.text_or_null("dispute"),
        outcome=outcome,
        channel=channel if outcome == "channel" else None,
        visit=entry.text_or_null("visit") if "visit" in entry.data else None,
    )


_PARSERS: Mapping[str, Callable[[Entry, str, datetime, str], Fact]] = {
    "referral": _referral,
    "visit": _visit,
    "deal": _deal,
    "confirmation": _confirmation,
    "referral_shown": _shown,
    "referral_match": _match,
    "contact_change": _change,
    "same_person": _same,
    "relation": _relation,
    "face_link": _link,
    "face_withdrawn": _withdrawn,
    "ruling": _ruling,
}


def parse_facts(documents: object, rules: Rulebook) -> tuple[Fact, ...]:
    """Read a list of facts; keys beyond the contract's are ignored.

    Args:
        documents: the JSON list.
        rules: whose region says how a number without `+` is read.

    Raises:
        FactsMalformed: unknown type, missing key, duplicate id, a time without
            zone, a number that is no phone, or a value that cannot be read.
    """
    if not isinstance(documents, list):
        text = "facts: not a list"
        raise FactsMalformed(text)
    facts: dict[str, Fact] = {}
    for position, document in enumerate(documents):
        entry = Entry.of(f"fact {position + 1}", document)
        fact_id = entry.text("id")
        entry = Entry(f"fact {quoted(fact_id)}", entry.data)
        if fact_id in facts:
            text = f"{entry.where}: duplicate id"
            raise FactsMalformed(text)
        kind = entry.text("type")
        if kind not in _PARSERS:
            text = f"{entry.where}: unknown type {quoted(kind)}"
            raise FactsMalformed(text)
        at = entry.instant("at")
        region = rules.at(at).region
        facts[fact_id] = _PARSERS[kind](entry, fact_id, at, region)
    return tuple(facts.values())


def parse_case(document: object) -> Case:
    """Read a whole document: rules, facts, visitor, as_of.

    Raises:
        FactsMalformed: with one line that says where and what.
    """
    entry = Entry.of("document", document)
    rules = parse_rules(entry.value("rules"))
    visitor, as_of = entry.text("visitor"), entry.instant("as_of")
    facts = parse_facts(entry.value("facts"), rules)
    return Case(rules=rules, facts=facts, visitor=visitor, as_of=as_of)
