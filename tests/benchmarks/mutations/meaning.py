"""Rules of the log, each broken so that nothing else is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.packs import Log

DAY = 86_400_000


def _same(log: Log, seq: int) -> dict[str, Any]:
    given = log.event(seq)
    names = ("subject", "purpose", "rules", "site", "consent")
    return {name: given[name] for name in names}


def _use_without_consent(log: Log, chance: random.Random) -> None:
    log.add("contact.viewed", data={"reason": "arrival"})


def _use_after_end(log: Log, chance: random.Random) -> None:
    log.add("contact.viewed", **_same(log, log.find("key.destroyed")))


def _use_of_another(log: Log, chance: random.Random) -> None:
    seq = log.find("decision.made")
    same = _same(log, log.find("consent.granted"))
    log.edit(seq, **{**same, "subject": "s_" + "0" * 32}, data={"outcome": "channel"})


def _key_kept(log: Log, chance: random.Random) -> None:
    log.edit(log.find("key.destroyed"), type="staff.signed_in", consent=None)
    log.add("staff.signed_in", after=2 * DAY)


def _grant_forgotten(log: Log, chance: random.Random) -> None:
    log.drop(log.find("consent.granted"))


def _time_back(log: Log, chance: random.Random) -> None:
    seq = chance.randrange(log.find("notice.shown"), len(log.bodies) - 1)
    log.edit(seq, at="2026-03-02T00:00:00.000Z")


def _start_left_open(log: Log, chance: random.Random) -> None:
    log.add("capture.started", **_same(log, log.find("consent.granted")))
    log.add("staff.signed_in", after=DAY)


def _end_of_nothing(log: Log, chance: random.Random) -> None:
    log.add("use.abandoned", data={"start": log.find("notice.shown")})


def _candidate_unasked(log: Log, chance: random.Random) -> None:
    data = {"candidates": [log.find("notice.shown")]}
    grant = log.add("consent.granted", purpose="face.checkin", consent="self")
    log.edit(grant, data={"until": "2099-01-01T00:00:00.000Z", "destroy_s": 60})
    log.add("face.compare.started", **_same(log, grant), data=data)


def _text_withheld(log: Log, chance: random.Random) -> None:
    log.documents = {}


BREAKS: list[Callable[[Log, random.Random], None]] = [
    _use_without_consent,
    _use_after_end,
    _use_of_another,
    _key_kept,
    _grant_forgotten,
    _time_back,
    _start_left_open,
    _end_of_nothing,
    _candidate_unasked,
    _text_withheld,
]
