"""Bodies for tests of the catalogue, and what each check takes in other words.

`takes` is written from the words of a check and not from its code: it is what the
property tests hold the catalogue against.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from audit.catalogue import KINDS

HEX64 = "0f" * 32
TIME = "2026-11-23T09:41:07.123Z"
UUID7 = "019aafb8-2c00-7abc-8def-0123456789ab"
PERSON = "s_" + "0f" * 16


def verifier_key(name: str = "salescenter/demo-test/0123456789abcdef") -> str:
    """Return a verifier key in its text form, of no private key."""
    key = b"\x01" + bytes(range(32))
    digest = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()
    return f"{name}+{digest[:8]}+{base64.b64encode(key).decode()}"


EXAMPLES: dict[str, object] = {
    "true or false": True,
    "code": "a-code.1",
    "staff code": "st-1234567890ab",
    "site": "c-1",
    "purpose": "face.checkin",
    "64 hex": HEX64,
    "16 hex": "0123456789abcdef",
    "pseudonym": PERSON,
    "UUID": UUID7,
    "moment": TIME,
    "verifier key": verifier_key(),
}


def example(says: str) -> object:
    """Return a value that a check with these words must take."""
    if says in EXAMPLES:
        return EXAMPLES[says]
    word, _, rest = says.partition(" ")
    if word == "null":
        return example(rest.removeprefix("or "))
    if word == "list":
        return [example(rest.removeprefix("of "))]
    if word == "one":
        return rest.split()[1]
    return int(rest.removeprefix("to "))


def takes(says: str, value: object) -> bool:
    """Tell whether a check with these words must take a value."""
    word, _, rest = says.partition(" ")
    if word == "null":
        return value is None or takes(rest.removeprefix("or "), value)
    if word == "list":
        return (
            isinstance(value, list)
            and len(value) <= 64
            and all(takes(rest.removeprefix("of "), item) for item in value)
        )
    if says == "true or false":
        return value is True or value is False
    if re.fullmatch(r"-?\d+ to -?\d+", says):
        low, high = (int(bound) for bound in says.split(" to "))
        return type(value) is int and low <= value <= high
    if not isinstance(value, str) or not value.isascii() or "\n" in value:
        return False
    if word == "one":
        return value in rest.split()[1:]
    return _is(says, value)


def _is(says: str, text: str) -> bool:
    match says:
        case "64 hex":
            return len(text) == 64 and set(text) <= set("0123456789abcdef")
        case "16 hex":
            return len(text) == 16 and set(text) <= set("0123456789abcdef")
        case "pseudonym":
            return text[:2] == "s_" and _is("64 hex", 2 * text[2:])
        case "UUID":
            return _is_uuid(text)
        case "moment":
            return _is_moment(text)
        case "purpose":
            letters = text.replace(".", "").replace("_", "")
            return (
                letters.isalpha()
                and letters.islower()
                and text[0].isalpha()
                and text[-1].isalpha()
                and len(text) <= 40
                and not re.search("[._][._]", text)
            )
        case "staff code":
            made = text.removeprefix("st-")
            twelve = len(made) == 12 and _is("64 hex", f"{made:0<64}")
            return (text[:3] == "st-" and twelve) or _is_code(text, site=False)
        case "code" | "site":
            return _is_code(text, site=says == "site")
        case "verifier key":
            name = text.partition("+")[0]
            part = "[a-z0-9-]{1,32}"
            known = re.fullmatch(f"salescenter/{part}/{part}", name)
            return bool(known) and text == verifier_key(name) and len(text) <= 128
    raise AssertionError(says)


def _is_code(text: str, *, site: bool) -> bool:
    further = "-" if site else "-._"
    if not text or len(text) > (32 if site else 40):
        return False
    if not all(one.isdigit() or one.islower() or one in further for one in text):
        return False
    if not site and not text[0].islower():
        return False
    undated = re.sub(r"(?<!\d)20\d\d-(0\d|1[0-2])-[0-3]\d(?!\d)", "|", text)
    return re.search(r"\d{7}", re.sub("[-._]", "", undated)) is None


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return False
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z" == text and (
        2000 <= moment.year < 2200
    )


def _is_uuid(text: str) -> bool:
    try:
        told = uuid.UUID(text)
    except ValueError:
        return False
    if str(told) != text or told.version != 7:
        return False
    return 2000 <= datetime.fromtimestamp((told.int >> 80) // 1000, UTC).year < 2200


def body(kind: str, /, **changed: object) -> dict[str, Any]:
    """Return a body of a kind that is right but for what is changed in its data."""
    entry = KINDS[kind]
    return {
        "act": {"id": "k-1", "role": "kiosk"},
        "at": TIME,
        "clause": entry.clause or "face.checkin",
        "consent": None,
        "data": {key: example(check.says) for key, check in entry.keys.items()}
        | changed,
        "purpose": "face.checkin" if entry.purpose else None,
        "rules": HEX64,
        "seq": 57,
        "site": "c-1",
        "subject": None,
        "type": kind,
        "v": 1,
    }
