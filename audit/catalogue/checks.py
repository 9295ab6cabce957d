"""What a value in an event's data may be: codes, numbers, moments, hashes, references.

No check takes free text, a float or anything that looks like a telephone number. What
no check can see: whether a code that *looks* made is a name in Latin letters
(`wangxiaoming`), or whether the digits of a hash, a UUID or a plain number were chosen.
So a code must be one that the program made (kiosks, staff, models) or that an officer
registered (channels, parties, versions), never one that a guest or a form typed; a hash
and a UUID are made by the program only; and numbers stay below eleven digits, which a
Chinese mobile number has.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

SEQ_MAX = 2**53 - 1
"""The largest integer that a body may hold."""
COUNT_MAX = 9_999_999_999
"""The largest number in data: ten digits, one fewer than a mobile number."""
LIST_MAX = 64
TEXT_MAX = 128
YEARS = range(2000, 2200)

_SEPARATORS = re.compile(r"[._-]")
_DATE = re.compile(r"(?<![0-9])20[0-9]{2}-(?:0[0-9]|1[0-2])-[0-3][0-9](?![0-9])")
_DIGITS = re.compile(r"[0-9]{7}")
_TOKEN = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_PURPOSE = re.compile(r"[a-z]+(?:[._][a-z]+)*")
_STAFF = re.compile(r"st-[0-9a-f]{12}")
_SITE = re.compile(r"[a-z0-9-]{1,32}")
_SUBJECT = re.compile(r"s_[0-9a-f]{32}")
_LOG = re.compile(r"[0-9a-f]{16}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(
    r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_VKEY = re.compile(
    r"(salescenter/[a-z0-9-]{1,32}/[a-z0-9-]{1,32})\+([0-9a-f]{8})"
    r"\+([A-Za-z0-9+/]{44})"
)
_ED25519 = b"\x01"


@dataclass(frozen=True)
class Check:
    """What one value may be, and the words for it."""

    says: str
    fits: Callable[[object], bool]

    def __call__(self, value: object) -> bool:
        """Tell whether a value may stand there."""
        return self.fits(value)


@dataclass(frozen=True)
class Kind:
    """One kind of event.

    Attributes:
        clause: the duty it stands on; None means "the purpose it is for".
        keys: the data keys it carries, all of them always present, with their checks.
        purpose: whether `purpose` is required (True), forbidden (False) or free (None).
        use: whether it is a use of personal data, which needs a live consent.
        otherwise: the keys of its other form; an event has the one form or the other.
    """

    clause: str | None
    keys: dict[str, Check] = field(default_factory=dict)
    purpose: bool | None = False
    use: bool = False
    otherwise: dict[str, Check] | None = None

    @property
    def forms(self) -> tuple[dict[str, Check], ...]:
        """Return each form that its data may have."""
        return (self.keys,) if self.otherwise is None else (self.keys, self.otherwise)


def number_like(code: str) -> bool:
    """Tell whether a code holds seven digits in a row, separators or not.

    That is a telephone or document number rather than a code. A calendar date
    (`2026-01-31`) may be part of one.
    """
    return bool(_DIGITS.search(_SEPARATORS.sub("", _DATE.sub("/", code))))


def _text(says: str, pattern: re.Pattern[str]) -> Check:
    return Check(
        says,
        lambda value: isinstance(value, str) and bool(pattern.fullmatch(value)),
    )


def _code(says: str, pattern: re.Pattern[str]) -> Check:
    return Check(
        says,
        lambda value: (
            isinstance(value, str)
            and bool(pattern.fullmatch(value))
            and not number_like(value)
        ),
    )


def number(low: int, high: int) -> Check:
    """Accept an integer between two bounds, both included."""
    return Check(
        f"{low} to {high}", lambda value: type(value) is int and low <= value <= high
    )


def one_of(*codes: str) -> Check:
    """Accept one of the named codes."""
    return Check(
        f"one of {' '.join(codes)}",
        lambda value: isinstance(value, str) and value in codes,
    )


def many(check: Check) -> Check:
    """Accept a list of at most 64 values that each pass."""
    return Check(
        f"list of {check.says}",
        lambda value: (
            isinstance(value, list)
            and len(value) <= LIST_MAX
            and all(check(item) for item in value)
        ),
    )


def nullable(check: Check) -> Check:
    """Accept null, or what the check accepts."""
    return Check(f"null or {check.says}", lambda value: value is None or check(value))


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    return moment.year in YEARS


def _is_uuid(value: object) -> bool:
    found = _UUID.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return False
    # A UUIDv7 begins with its moment, so not every row of digits is one.
    seconds = int(found[1] + found[2], 16) // 1000
    return _FIRST <= seconds < _LAST


def _is_purpose(value: object) -> bool:
    return (
        isinstance(value, str) and len(value) <= 40 and bool(_PURPOSE.fullmatch(value))
    )


def _is_vkey(value: object) -> bool:
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        return False
    found = _VKEY.fullmatch(value)
    if found is None:
        return False
    name, identifier, encoded = found.groups()
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    digest = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()
    return key[:1] == _ED25519 and digest[:8] == identifier


_FIRST, _LAST = (
    int(datetime.fromisoformat(f"{year}-01-01T00:00:00Z").timestamp())
    for year in (YEARS.start, YEARS.stop)
)

boolean = Check("true or false", lambda value: isinstance(value, bool))
token = _code("code", _TOKEN)
"""A code that the program made or an officer registered."""
staff = Check(
    "staff code",
    lambda value: (
        isinstance(value, str) and bool(_STAFF.fullmatch(value) or token(value))
    ),
)
"""The random code of a member of staff, or of the program."""
site = _code("site", _SITE)
purpose = Check("purpose", _is_purpose)
hex64 = _text("64 hex", _HEX64)
log_id = _text("16 hex", _LOG)
subject = _text("pseudonym", _SUBJECT)
uuid = Check("UUID", _is_uuid)
time = Check("moment", _is_time)
vkey = Check("verifier key", _is_vkey)
seq = number(0, COUNT_MAX)
"""The number of an event, or a size of the log."""
rows = number(0, 10_000_000)
score = number(-200_000, 200_000)
fen = number(0, COUNT_MAX)
"""An amount of money, in 1/100 of the operator's currency."""
model = token
language = one_of("zh-hans", "en")
surface = one_of("phone", "kiosk", "desk")
medium = one_of("sms", "call")
