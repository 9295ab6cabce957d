"""Small logs written by hand, one event after the other."""

from __future__ import annotations

from typing import Any

from tests.packs import Log
from tests.packs.stories import rules_hash, rules_text

SITE = "c-1"
SOMEBODY = "s_" + "1" * 32
ANOTHER = "s_" + "2" * 32
FAR = "2099-12-31T00:00:00.000Z"
RULES = rules_hash(1)
NEWER = rules_hash(2)
MODEL = {"model": "dlib-resnet-1"}


def house(operator: str = "demo-lakeside") -> Log:
    """Return a log in which a site has published its rules: events 0 and 1."""
    log = Log(
        operator=operator, documents={rules_hash(n): rules_text(n) for n in (1, 2)}
    )
    log.add("log.opened", rules=None)
    publish(log, 1)
    return log


def publish(log: Log, version: int) -> int:
    data = {"sha256": rules_hash(version), "prior": None}
    named = rules_hash(version)
    return log.add("rules.published", site=SITE, rules=named, data=data)


def grant(
    log: Log,
    purpose: str = "face.checkin",
    data: dict[str, Any] | None = None,
    **more: Any,
) -> int:
    """Let somebody consent; return the number."""
    told = {"until": FAR, "destroy_s": 600, "language": "en", **(data or {})}
    fields = {"subject": SOMEBODY, "site": SITE, "consent": "self", **more}
    return log.add("consent.granted", purpose=purpose, data=told, **fields)


def under(log: Log, consent: int, kind: str, /, **more: Any) -> int:
    """Append an event on a consent, with its subject, purpose, rules and site."""
    given = log.event(consent)
    same = {name: given[name] for name in ("subject", "purpose", "rules", "site")}
    return log.add(kind, **{**same, "consent": consent, **more})


def capture(log: Log, consent: int) -> int:
    return under(log, consent, "capture.started", data=MODEL)


def enrolled(log: Log, consent: int) -> int:
    """Enrol somebody, start and end; return the end's number."""
    start = capture(log, consent)
    return under(log, consent, "face.enrolled", data={"start": start, "frames": 4})


def compared(log: Log, consent: int, *candidates: int) -> int:
    """Compare somebody, start and end; return the start's number."""
    data: dict[str, Any] = {"candidates": list(candidates)}
    start = under(log, consent, "face.compare.started", data=data)
    under(log, consent, "face.compared", data={**data, "start": start, "score": -3821})
    return start


def withdrawn(log: Log, consent: int, *, destroyed: bool = True, **more: Any) -> int:
    """End a consent and destroy its key; return the end's number."""
    end = under(log, consent, "consent.withdrawn", **more)
    if destroyed:
        under(log, consent, "key.destroyed")
    return end


def later(log: Log, seconds: float = 86_400 * 3) -> int:
    """Let time pass, and something else happen."""
    return log.add("staff.signed_in", after=round(seconds * 1000))


def two_sites() -> Log:
    """Return a log of two sites, a consent of each used on the second day."""
    log = house()
    here = grant(log, "contact")
    there = grant(log, "contact", site="c-2", subject=ANOTHER)
    later(log, 86_400)
    under(log, here, "contact.viewed")
    under(log, there, "contact.viewed")
    under(log, here, "contact.viewed")
    later(log, 60)
    return log


HERE, THERE = 2, 3
