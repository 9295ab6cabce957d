"""The grammar of an event's body: one canonical JSON object of printable ASCII.

`docs/evidence.md` restates it for outsiders. Stored bytes are what is hashed; nothing
is serialised a second time to verify.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from audit.catalogue import KINDS, SEQ_MAX, number_like
from audit.errors import EventInvalid

VERSION = 1
BODY_KEYS = frozenset(
    {"act", "at", "clause", "consent", "data", "purpose", "rules", "seq", "site"}
    | {"subject", "type", "v"}
)
ROLES = frozenset(
    {"visitor", "kiosk", "reception", "manager", "compliance", "admin", "inspector"}
    | {"channel", "system"}
)
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,47}")
_SITE = re.compile(r"[a-z0-9-]{1,32}")
_SUBJECT = re.compile(r"s_[0-9a-f]{32}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_ACTOR = re.compile(r"[A-Za-z0-9_-]{1,40}")
# A member of staff's code is random (`salescenter.models.staff_code`), so that it may
# hold many digits by chance.
_STAFF = re.compile(r"st-[0-9a-f]{12}")
_TEXT = re.compile(r"[A-Za-z0-9._:+/=-]{0,128}")
_PRINTABLE = re.compile(rb"[ !#-\[\]-~\"]*")
_LIST_MAX = 64


def encode(body: Mapping[str, object]) -> bytes:
    """Return the one byte form of a body.

    Raises:
        EventInvalid: it breaks the grammar or the catalogue.
    """
    try:
        raw = dump(body)
    except (TypeError, ValueError, RecursionError):
        message = "not a JSON object"
        raise EventInvalid(message) from None
    require(body, raw=raw)
    return raw


def require(body: Mapping[str, object], *, raw: bytes) -> None:
    """Refuse what breaks the grammar or the catalogue.

    Args:
        body: the event.
        raw: its bytes, or those of a form of it that has as little room for text.

    Raises:
        EventInvalid: it does.
    """
    problem = _form_fault(raw) or _body_fault(dict(body))
    problem = problem or _code_fault(body) or _catalogue_fault(body)
    if problem:
        raise EventInvalid(problem)


def fault(raw: bytes) -> str | None:
    """Return what is wrong with a stored body, or None.

    Judges the grammar only: a kind unknown here is no fault, so that old readers
    accept newer logs.
    """
    if _form_fault(raw):
        return _form_fault(raw)
    try:
        body = json.loads(raw, object_pairs_hook=_no_duplicates)
        canonical = dump(body)
    except (ValueError, RecursionError):
        return "not one JSON object"
    if not isinstance(body, dict):
        return "wrong keys"
    return _body_fault(body) if canonical == raw else "not in canonical form"


def _form_fault(raw: bytes) -> str | None:
    fine = _PRINTABLE.fullmatch(raw)
    return None if fine else "not printable ASCII without backslash"


def dump(body: Mapping[str, object]) -> bytes:
    """Return the canonical form of an object, without judging it."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode("ascii")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        message = "duplicate key"
        raise ValueError(message)
    return result


def _text(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))


def _count(value: object) -> bool:
    return type(value) is int and 0 <= value <= SEQ_MAX


def _body_fault(body: dict[str, object]) -> str | None:
    if set(body) != BODY_KEYS:
        return "wrong keys"
    act = body["act"]
    data = body["data"]
    checks = {
        "v": type(body["v"]) is int and body["v"] == VERSION,
        "seq": _count(body["seq"]),
        "at": _text(_TIME, body["at"]),
        "type": _text(_NAME, body["type"]),
        "clause": _text(_NAME, body["clause"]),
        "purpose": body["purpose"] is None or _text(_NAME, body["purpose"]),
        "site": body["site"] is None or _text(_SITE, body["site"]),
        "subject": body["subject"] is None or _text(_SUBJECT, body["subject"]),
        "consent": body["consent"] is None or _count(body["consent"]),
        "rules": body["rules"] is None or _text(_HEX64, body["rules"]),
        "act": isinstance(act, dict)
        and set(act) == {"id", "role"}
        and _text(_ACTOR, act["id"])
        and isinstance(act["role"], str)
        and act["role"] in ROLES,
        "data": isinstance(data, dict)
        and all(_text(_NAME, key) and _value(value) for key, value in data.items()),
    }
    return next((f"bad {key}" for key, fine in checks.items() if not fine), None)


def _value(value: object, *, inside_list: bool = False) -> bool:
    if isinstance(value, list):
        return (
            not inside_list
            and len(value) <= _LIST_MAX
            and all(_value(item, inside_list=True) for item in value)
        )
    if value is None or isinstance(value, bool):
        return True
    if type(value) is int:
        return abs(value) <= SEQ_MAX
    return _text(_TEXT, value)


def _code_fault(body: Mapping[str, Any]) -> str | None:
    """Return which code looks like somebody's number. The grammar knows no such rule.

    See `audit.catalogue.checks` for what a code must be.
    """
    actor = body["act"]["id"]
    if number_like(actor) and not _STAFF.fullmatch(actor):
        return "act is no code but a number"
    for key in ("clause", "purpose", "site"):
        if body[key] is not None and number_like(body[key]):
            return f"{key} is no code but a number"
    return None


def _has(data: object, form: Mapping[str, object]) -> bool:
    return isinstance(data, dict) and set(data) == set(form)


def _catalogue_fault(body: Mapping[str, object]) -> str | None:
    name = str(body["type"])
    kind = KINDS.get(name)
    if kind is None:
        return f"{name} is not in the catalogue"
    data = body["data"]
    keys = next((form for form in kind.forms if _has(data, form)), None)
    if keys is None or not isinstance(data, dict):
        return f"{name} carries other keys than the catalogue allows"
    for key, check in keys.items():
        if not check(data[key]):
            return f"{name}.{key} has a value that the catalogue does not allow"
    if kind.purpose is not None and kind.purpose != (body["purpose"] is not None):
        return f"{name} {'needs a' if kind.purpose else 'has no'} purpose"
    return None
