"""Every kind of event the log knows, and the keys its data may carry.

An event names the clause it stands on: for a use of personal data the purpose in the
published rules, for everything else a duty of the law register (docs/compliance.md).
A kind without a clause cannot be written. Values are codes, numbers, moments, hashes
and references; there is no kind of value that a name or a phone number would fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Check = Callable[[object], bool]

_TOKEN = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_LOG = re.compile(r"[0-9a-f]{16}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SEQ_MAX = 2**53 - 1
LIST_MAX = 64


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


def number(low: int, high: int) -> Check:
    """Accept an integer between two bounds, both included."""
    return lambda value: type(value) is int and low <= value <= high


def one_of(*codes: str) -> Check:
    """Accept one of the named codes."""
    return lambda value: isinstance(value, str) and value in codes


def many(check: Check) -> Check:
    """Accept a list of at most 64 values that each pass."""
    return lambda value: (
        isinstance(value, list)
        and len(value) <= LIST_MAX
        and all(check(item) for item in value)
    )


def nullable(check: Check) -> Check:
    """Accept null, or what the check accepts."""
    return lambda value: value is None or check(value)


def boolean(value: object) -> bool:
    """Accept true and false."""
    return isinstance(value, bool)


token = _matches(_TOKEN)
hex64 = _matches(_HEX64)
uuid = _matches(_UUID)
time = _matches(_TIME)
seq = number(0, SEQ_MAX)
score = number(-100_000, 100_000)
language = one_of("zh-hans", "en")
surface = one_of("phone", "kiosk", "desk")
model = token


@dataclass(frozen=True)
class Kind:
    """One kind of event.

    Attributes:
        clause: the duty it stands on; None means "the purpose it is for".
        keys: the data keys it carries, all of them always present, with their checks.
        purpose: whether `purpose` is required (True), forbidden (False) or free (None).
        use: whether it is a use of personal data, which needs a live consent.
    """

    clause: str | None
    keys: dict[str, Check] = field(default_factory=dict)
    purpose: bool | None = False
    use: bool = False


KINDS: dict[str, Kind] = {
    "log.opened": Kind(
        "pipl-55-56",
        {
            "reason": one_of("first", "restored"),
            "prior_log": nullable(_matches(_LOG)),
            "prior_size": nullable(seq),
            "prior_root": nullable(hex64),
        },
    ),
    "site.opened": Kind("pipl-17-18"),
    "rules.published": Kind(
        "crpl-29-rules", {"sha256": hex64, "prior": nullable(hex64)}
    ),
    "pia.approved": Kind(
        "frm-9",
        {
            "sha256": hex64,
            "until": time,
            "demonstration": boolean,
            "purposes": many(token),
        },
    ),
    "pia.stale": Kind("frm-9", {"reason": one_of("purpose", "incident", "expired")}),
    "kiosk.paired": Kind("frm-13", {"kiosk": token}),
    "kiosk.revoked": Kind("frm-13", {"kiosk": token}),
    "kiosk.layout": Kind(
        "frm-10", {"kiosk": token, "order": one_of("face_first", "plain_first")}
    ),
    "notice.shown": Kind("pipl-17-18", {"language": language, "surface": surface}),
    "consent.granted": Kind(
        None,
        {
            "until": time,
            "destroy_s": number(1, 86_400),
            "language": language,
            "by": one_of("self", "guardian", "supplier"),
            "once": boolean,
        },
        purpose=True,
    ),
    "consent.refused": Kind(
        None, {"language": language, "surface": surface}, purpose=True
    ),
    "consent.withdrawn": Kind("pipl-15", {"by": one_of("self", "staff")}, purpose=True),
    "consent.expired": Kind(
        "pipl-19", {"reason": one_of("term", "used", "key_missing")}, purpose=True
    ),
    "key.created": Kind("pipl-51", purpose=True),
    "key.destroyed": Kind("pipl-47", purpose=True),
    "gate.refused": Kind(
        "crpl-29-lawful",
        {
            "reason": one_of(
                "no_consent",
                "ended",
                "assessment",
                "closed",
                "purpose",
                "subject",
                "kiosk",
                "no_candidate",
            ),
            "start": nullable(seq),
        },
        purpose=None,
    ),
    "use.abandoned": Kind("pipl-55-56", {"start": seq}, purpose=True),
    "capture.started": Kind(None, {"model": model}, purpose=True, use=True),
    "capture.discarded": Kind(
        "ndr-23-25",
        {
            "start": seq,
            "reason": one_of(
                "none_found",
                "more_than_one",
                "too_small",
                "too_dark",
                "too_bright",
                "blurred",
                "cut_off",
                "not_one_person",
                "invalid",
                "stopped",
                "failed",
            ),
        },
        purpose=True,
    ),
    "face.enrolled": Kind(
        None,
        {"start": seq, "model": model, "frames": number(1, 12)},
        purpose=True,
        use=True,
    ),
    "face.compare.started": Kind(
        None, {"candidates": many(seq), "model": model}, purpose=True, use=True
    ),
    "face.compared": Kind(
        None,
        {
            "start": seq,
            "candidates": many(seq),
            "model": model,
            "score": nullable(score),
            "verdict": one_of("match", "ask", "no_match"),
        },
        purpose=True,
        use=True,
    ),
    "face.template.destroyed": Kind("pipl-47", purpose=True),
    "contact.collected": Kind(None, {"commit": hex64}, purpose=True, use=True),
    "contact.viewed": Kind(
        None,
        {"reason": one_of("arrival", "call_back", "correction", "digits", "own_page")},
        purpose=True,
        use=True,
    ),
    "contact.corrected": Kind(None, {"commit": hex64}, purpose=True, use=True),
    "contact.erased": Kind("pipl-47", purpose=True),
    "link.revoked": Kind("pipl-15", {"link": one_of("pass", "page")}),
    "referral.announced": Kind(
        "pipl-23",
        {
            "referral": uuid,
            "channel": token,
            "agent": token,
            "masked": boolean,
            "consent_proof": boolean,
        },
    ),
    "referral.shown": Kind(None, {"referral": uuid}, purpose=True),
    "visit.recorded": Kind(
        "pipl-5-6",
        {
            "visit": uuid,
            "verified_by": one_of("pass", "otp", "qr", "phone", "face", "staff"),
        },
        purpose=None,
    ),
    "decision.made": Kind(
        "pipl-24",
        {
            "visit": uuid,
            "outcome": one_of("channel", "walk_in", "review", "none"),
            "channel": nullable(token),
            "referral": nullable(uuid),
            "version": token,
        },
        purpose=True,
        use=True,
    ),
    "log.read": Kind("psv-16", {"rows": number(0, 100_000)}),
    "staff.signed_in": Kind("pipl-51"),
    "staff.refused": Kind("pipl-51"),
    "clock.behind": Kind("pipl-55-56", {"behind_ms": number(0, SEQ_MAX)}),
}
"""The catalogue. `decision.made` is a use only when its outcome is `channel`."""


def is_use(kind: str, data: dict[str, object]) -> bool:
    """Tell whether an event of this kind and data is a use that needs a consent."""
    if kind == "decision.made":
        return data.get("outcome") == "channel"
    return KINDS[kind].use
