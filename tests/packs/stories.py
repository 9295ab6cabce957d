"""Plausible logs: people who come, agree, return and withdraw, in time order."""

from __future__ import annotations

import hashlib
import heapq
import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.packs.log import EPOCH, RULES_TEXT, Log, Signer, body_of, stamp

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
DESTROY_S = 3600
KIOSK = ("k-1", "kiosk")
SELF = ("self", "visitor")
SYSTEM = ("system", "system")
STAFF = ("m-4f2a", "compliance")
PURPOSES = ("contact", "attribution", "face.checkin")

Step = int | tuple[str, dict[str, Any]]
"""Wait so many milliseconds, or write an event (kind, fields); answers its number."""
Walk = Generator[Step, int, None]


def rules_text(version: int) -> bytes:
    """Return the text of one version of the rules."""
    return RULES_TEXT % version


def rules_hash(version: int) -> str:
    """Return the hash that events name it by."""
    return hashlib.sha256(rules_text(version)).hexdigest()


@dataclass
class _House:
    """What the walks of a story share."""

    chance: random.Random
    stays: int
    wanted: int
    refused: float
    rules: str = ""
    granted: int = 0
    enrolled: dict[str, list[int]] = field(default_factory=dict)

    def hexes(self, digits: int) -> str:
        return f"{self.chance.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        raw = self.hexes(31)
        return f"{raw[:8]}-{raw[8:12]}-7{raw[12:15]}-{raw[15:19]}-{raw[19:]}"


def story(
    *,
    seed: int = 0,
    consents: int = 10,
    days: int = 3,
    sites: Sequence[str] = ("c-1", "c-2"),
    stays: float = 0.7,
    refused: float = 0.2,
    padding: int = 0,
    events: int = 0,
    rotate: tuple[Signer, Signer] | None = None,
) -> Iterator[bytes]:
    """Yield the bodies of a log, one by one, holding only who is about.

    Args:
        seed: same seed, same bytes.
        consents: how many are granted, at least.
        days: over how many days people arrive.
        sites: where.
        stays: mean days until somebody withdraws.
        refused: share of the purposes that are refused.
        padding: events that concern nobody, for each person who comes.
        events: end with exactly so many: padded with sign-ins after the last.
        rotate: old and new key, told of in the middle.
    """
    chance = random.Random(seed)
    house = _House(chance, stays=round(stays * DAY), wanted=consents, refused=refused)
    begun = round(EPOCH.timestamp() * 1000)
    house_seq = 0
    waiting: list[tuple[int, int, Walk, int | None]] = []
    order = 0

    def enter(at: int, walk: Walk) -> None:
        nonlocal order
        order += 1
        heapq.heappush(waiting, (at, order, walk, None))

    enter(begun, _opening(house, sites))
    middle = begun + days * DAY // 2
    if days > 1:
        enter(middle, _second_rules(house, sites))
    if rotate is not None:
        enter(middle + HOUR, _rotation(*rotate))
    gap = max(1, days * DAY * 2 // max(consents, 1))
    door = begun + HOUR
    enter(door, _person(house, sites[0], padding))
    at = begun
    while waiting:
        at, _, walk, answer = heapq.heappop(waiting)
        while True:
            try:
                step = next(walk) if answer is None else walk.send(answer)
            except StopIteration:
                break
            answer = None
            if isinstance(step, int):
                order += 1
                heapq.heappush(waiting, (at + step, order, walk, None))
                break
            kind, fields = step
            fields.setdefault("rules", house.rules or None)
            if fields.get("consent") == "self":
                fields["consent"] = house_seq
            yield body_of(house_seq, stamp(at), kind, **fields)
            answer = house_seq
            house_seq += 1
        if at >= door and house.granted < house.wanted:
            door = max(at, door + chance.randrange(gap // 2, gap * 3 // 2 + 1))
            enter(door, _person(house, chance.choice(sites), padding))
    while house_seq < events:
        at += SECOND
        yield body_of(
            house_seq, stamp(at), "staff.signed_in", rules=house.rules, act=STAFF
        )
        house_seq += 1


def build_log(
    seed: int = 0,
    consents: int = 10,
    *,
    days: int = 3,
    sites: Sequence[str] = ("c-1", "c-2"),
    operator: str = "demo-lakeside",
    log: str = "0123456789abcdef",
    rotate: bool = False,
    **more: Any,
) -> Log:
    """Return a plausible log; `more` as in `story`.

    With `rotate` the key changes in the middle; the checkpoints of that day are signed
    by both keys, later ones by the new key alone.
    """
    made = Log(operator=operator, log=log)
    keys = (Signer(made.origin), Signer(made.origin, "next")) if rotate else None
    made.bodies = list(
        story(seed=seed, consents=consents, days=days, sites=sites, rotate=keys, **more)
    )
    made.documents = {rules_hash(one): rules_text(one) for one in (1, 2)}
    if keys is not None:
        turned = made.find("signer.rotated")
        day = made.event(turned)["at"][:10]
        until = max(e["seq"] for e in made.events() if e["at"][:10] == day) + 1
        made.rotations += [(turned + 1, list(keys)), (until + 1, [keys[1]])]
    return made


def _opening(house: _House, sites: Sequence[str]) -> Walk:
    first: dict[str, Any] = {"reason": "first"}
    first |= {"prior_log": None, "prior_root": None, "prior_size": None}
    yield "log.opened", {"data": first}
    for site in sites:
        yield "site.opened", {"site": site, "clause": "pipl-17-18"}
    for site in sites:
        yield (
            "kiosk.paired",
            {"site": site, "clause": "frm-13", "data": {"kiosk": "k-1"}},
        )
    yield from _published(house, sites, 1)


def _published(house: _House, sites: Sequence[str], version: int) -> Walk:
    prior = house.rules or None
    named = rules_hash(version)
    for site in sites:
        data = {"sha256": named, "prior": prior}
        yield (
            "rules.published",
            {
                "site": site,
                "clause": "crpl-29-rules",
                "rules": named,
                "data": data,
                "act": STAFF,
            },
        )
    house.rules = named


def _second_rules(house: _House, sites: Sequence[str]) -> Walk:
    yield from _published(house, sites, 2)
    yield "clock.behind", {"data": {"behind_ms": 7000}}


def _rotation(old: Signer, new: Signer) -> Walk:
    data = {"old": old.vkey, "new": new.vkey}
    yield "signer.rotated", {"clause": "pipl-51", "data": data}


def _person(house: _House, site: str, padding: int) -> Walk:
    chance = house.chance
    who = {"site": site, "subject": f"s_{house.hexes(32)}", "rules": house.rules}
    surface = {"language": chance.choice(["zh-hans", "en"]), "surface": "phone"}
    for _ in range(padding):
        yield "log.read", {"site": site, "clause": "psv-16", "data": {"rows": 100}}
    yield (
        "notice.shown",
        {"site": site, "clause": "pipl-17-18", "data": surface, "act": KIOSK},
    )
    yield 20 * SECOND
    # They agree to what they were shown, even if it was replaced meanwhile.
    given: dict[str, int] = {}
    for purpose in PURPOSES:
        if chance.random() < house.refused:
            refusal = {"site": site, "purpose": purpose, "data": surface, "act": SELF}
            yield "consent.refused", {**refusal, "rules": who["rules"]}
            continue
        given[purpose] = yield from _granted(house, who, purpose)
    yield 5 * SECOND
    if "contact" in given:
        named = {**who, "purpose": "contact", "consent": given["contact"]}
        commit = {"commit": house.hexes(64)}
        yield "contact.collected", {**named, "data": commit, "act": SELF}
        if chance.random() < 0.5:
            yield "contact.viewed", {**named, "data": {"reason": "arrival"}}
    if "face.checkin" in given:
        yield from _enrolment(house, who, given["face.checkin"])
    visit = {"visit": house.uuid(), "verified_by": "pass"}
    yield "visit.recorded", {"site": site, "clause": "pipl-5-6", "data": visit}
    yield from _decision(house, who, given.get("attribution"), visit["visit"])
    yield chance.randrange(SECOND, 2 * house.stays)
    if "face.checkin" in given and chance.random() < 0.5:
        yield from _return(house, site, given["face.checkin"])
    if chance.random() < 0.1:
        refused = {"reason": "no_consent", "start": None}
        yield (
            "gate.refused",
            {"site": site, "clause": "crpl-29-lawful", "data": refused},
        )
    for purpose, consent in given.items():
        yield from _ended(house, who, purpose, consent)


def _granted(
    house: _House, who: dict[str, Any], purpose: str, *, once: bool = False
) -> Generator[Step, int, int]:
    house.granted += 1
    data = {
        "by": "self",
        "destroy_s": DESTROY_S,
        "language": "zh-hans",
        "once": once,
        "until": "2099-12-31T00:00:00.000Z",
    }
    seq = yield (
        "consent.granted",
        {**who, "purpose": purpose, "consent": "self", "data": data, "act": SELF},
    )
    yield (
        "key.created",
        {**who, "purpose": purpose, "consent": seq, "clause": "pipl-51"},
    )
    return seq


def _enrolment(house: _House, who: dict[str, Any], consent: int) -> Walk:
    use = {**who, "purpose": "face.checkin", "consent": consent, "act": KIOSK}
    model = {"model": "dlib-resnet-1"}
    start = yield "capture.started", {**use, "data": model}
    yield house.chance.randrange(SECOND, 20 * SECOND)
    if house.chance.random() < 0.1:
        ending = {"start": start, "reason": "blurred"}
        yield "capture.discarded", {**use, "clause": "ndr-23-25", "data": ending}
        start = yield "capture.started", {**use, "data": model}
        yield 5 * SECOND
    ending = {"start": start, "frames": 4, **model}
    yield "face.enrolled", {**use, "data": ending}
    house.enrolled.setdefault(who["site"], []).append(consent)


def _decision(
    house: _House, who: dict[str, Any], consent: int | None, visit: str
) -> Walk:
    data: dict[str, Any] = {"visit": visit, "outcome": "walk_in", "version": "v1"}
    data |= {"channel": None, "referral": None}
    made = {"site": who["site"], "purpose": "attribution", "clause": "pipl-24"}
    if consent is not None:
        data |= {"outcome": "channel", "channel": "ch-7", "referral": house.uuid()}
        made |= {**who, "consent": consent, "clause": "a5"}
    yield "decision.made", {**made, "data": data}


def _return(house: _House, site: str, claimed: int) -> Walk:
    """Somebody gives digits, consents once, and is compared with who they claim."""
    standing = house.enrolled.get(site, [])
    if claimed not in standing:
        return
    probe = {"site": site, "subject": f"s_{house.hexes(32)}", "rules": house.rules}
    once = yield from _granted(house, probe, "face.checkin", once=True)
    others = [one for one in standing[-3:] if one != claimed]
    model = {"model": "dlib-resnet-1"}
    use = {**probe, "purpose": "face.checkin", "consent": once, "act": KIOSK}
    data = {"candidates": [claimed, *others], **model}
    start = yield "face.compare.started", {**use, "data": data}
    if house.chance.random() < 0.1:
        yield 30 * SECOND
        ending: dict[str, Any] = {"start": start}
        yield "use.abandoned", {**use, "clause": "pipl-55-56", "data": ending}
    elif claimed not in standing:
        ending = {"start": start, "reason": "ended"}
        yield "gate.refused", {**use, "clause": "crpl-29-lawful", "data": ending}
    else:
        yield 2 * SECOND
        left = [one for one in (claimed, *others) if one in standing]
        ending = {"start": start, "candidates": left, **model}
        ending |= {"score": -3821, "verdict": "match"}
        yield "face.compared", {**use, "data": ending}
    yield from _ended(house, probe, "face.checkin", once)


def _ended(house: _House, who: dict[str, Any], purpose: str, consent: int) -> Walk:
    named = {**who, "purpose": purpose, "consent": consent}
    if house.chance.random() < 0.7:
        by = {"by": "self"}
        yield (
            "consent.withdrawn",
            {**named, "clause": "pipl-15", "data": by, "act": SELF},
        )
    else:
        reason = {"reason": "key_missing"}
        yield "consent.expired", {**named, "clause": "pipl-19", "data": reason}
    standing = house.enrolled.get(who["site"], [])
    if consent in standing:
        standing.remove(consent)
        yield "face.template.destroyed", {**named, "clause": "pipl-47"}
    yield house.chance.randrange(1, 30) * SECOND
    yield "key.destroyed", {**named, "clause": "pipl-47", "act": SYSTEM}
