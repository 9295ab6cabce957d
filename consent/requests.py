"""Reading requests: their words, how they stand, and what of them awaits an officer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.urls import reverse

from audit import clock
from audit.say import Say
from consent import codes, keys
from consent.duties import Duty
from consent.errors import KeyMissing, RequestUnknown
from consent.holdings import Holding
from consent.models import Request, Site, Subject

KINDS: dict[str, Say] = {
    "access": Say("查一查留着我的什么", "See what is held of me"),
    "copy": Say("要一份副本", "A copy"),
    "correct": Say("更正或补充", "Correct or add something"),
    "delete": Say("删除", "Delete"),
    "restrict": Say("先保存、不要使用", "Keep it, but do not use it"),
    "object": Say("不同意这样处理", "I object to how it is used"),
    "explain": Say("解释规则或一次判定", "Explain the rules or a decision"),
    "transfer": Say("转给别的机构", "Hand it to somebody else"),
    "kin": Say("已故亲属的信息", "About a relative who has died"),
    "complaint": Say("投诉或举报", "A complaint"),
}
OUTCOMES: dict[str, Say] = {
    "granted": Say("照办了", "Done"),
    "partly": Say("办了一部分", "Done in part"),
    "refused": Say("没有照办", "Not done"),
}
REASONS: dict[str, Say] = {
    "not_held": Say("我们这里没有这样的资料", "We hold no such thing"),
    "not_shown": Say(
        "没能确认是您本人的资料", "It could not be shown that it is about you"
    ),
    "law": Say("法律要求或者不允许", "The law demands or forbids it"),
    "others_rights": Say("会损害别人的权利", "It would harm others' rights"),
    "repeated": Say("短时间内重复的请求", "The same request was made just before"),
}

WARN = timedelta(days=10)
ALARM = timedelta(days=20)
"""When an open request is brought before the officer again, louder (35273, 8.7)."""

CODE_LENGTH = 12
_FAMILY = "request"


@dataclass(frozen=True, kw_only=True)
class Words:
    """What was asked and what was answered; None where nothing was written or is left.

    Personal data of the one who asked: shown to them and to who answers, never logged.
    """

    asked: str | None = field(repr=False)
    reply: str | None = field(repr=False)


def request_words(*, request: Request) -> Words:
    """Return the words of both sides, unsealed."""
    return Words(
        asked=_open(request, request.asked, "asked"),
        reply=_open(request, request.reply, "reply"),
    )


def words_seal(*, request: uuid.UUID, text: str, side: str) -> bytes:
    """Seal the words of one side under the request's own key.

    Raises:
        KeyMissing: the key is not in the store.
    """
    told = json.dumps({"text": text}, ensure_ascii=False)
    return keys.seal(
        consent=request, plaintext=told.encode(), bound_to=_bound_to(request, side)
    )


def requests_open() -> list[Request]:
    """Return the requests without an answer, soonest due first."""
    found = Request.objects.select_related("subject", "site").filter(answered_at=None)
    return list(found.order_by("due", "id"))


def requests_answered(*, rows: int) -> list[Request]:
    """Return the requests answered last, newest first."""
    found = Request.objects.select_related("subject", "site").exclude(answered_at=None)
    return list(found.order_by("-answered_at", "-id")[:rows])


def requests_of(*, subject: Subject) -> list[Request]:
    """Return what a person asked for, newest first."""
    return list(Request.objects.filter(subject=subject).order_by("-opened_at", "-id"))


def request_at(*, identifier: uuid.UUID, subject: Subject | None = None) -> Request:
    """Return a request; with a subject, only if it is theirs.

    Raises:
        RequestUnknown: there is none.
    """
    found = Request.objects.select_related("subject", "site__operator")
    if subject is not None:
        found = found.filter(subject=subject)
    request = found.filter(id=identifier).first()
    if request is None:
        raise RequestUnknown
    return request


def request_code(*, request: uuid.UUID) -> str:
    """Return the code under which somebody unknown reads the answer: 4-4-4."""
    return codes.code_shown(
        codes.code_derived(
            family=_FAMILY, name="request", identifier=request, length=CODE_LENGTH
        )
    )


def code_hash(*, code: str) -> bytes:
    """Return what is stored of a code; case and hyphens do not matter."""
    return codes.code_hash(family=_FAMILY, code=codes.code_typed(code))


def request_find(*, code: str) -> Request:
    """Return the request that a code opens.

    Raises:
        RequestUnknown: none.
    """
    found = (
        Request.objects.select_related("site__operator")
        .filter(code_hash=code_hash(code=code))
        .first()
    )
    if found is None:
        raise RequestUnknown
    return found


def request_holdings(subject: Subject) -> Iterator[Holding]:
    """Tell a person which requests of theirs are kept, and until when."""
    for request in requests_of(subject=subject):
        if request.ended_at is not None:
            continue
        yield Holding(
            title=Say("您的请求", "Your request"),
            value=Say(
                f"{request.label}，{KINDS[request.kind].zh}；答复三年后删除",
                f"{request.label}, {KINDS[request.kind].en};"
                " deleted three years after the answer",
            ),
            purpose=None,
            since=request.opened_at,
        )


def requests_open_count(site: Site | None = None) -> int:
    """Return how many requests wait for their answer, at a site or everywhere.

    Answered ones are evidence, and their words end with their own term.
    """
    kept = Request.objects.filter(answered_at=None)
    return (kept if site is None else kept.filter(site=site)).count()


def request_duties() -> Iterator[Duty]:
    """Tell an officer of every request that waits for an answer."""
    for request in requests_open():
        kind = KINDS[request.kind]
        yield Duty(
            title=Say(
                f"答复 {request.label}：{kind.zh}", f"Answer {request.label}: {kind.en}"
            ),
            url=reverse("consent:request", args=[request.id]),
            permission="consent.answer_request",
            since=request.opened_at,
            due=request.due,
            warn=request.opened_at + WARN,
            alarm=request.opened_at + ALARM,
            detail=Say(
                f"答应本人 {request.shown_due:%m-%d} 前答复；法定期限三十天",
                f"The person was told {request.shown_due:%d %b};"
                " the limit is thirty days",
            ),
        )


def _open(request: Request, sealed: bytes | memoryview | None, side: str) -> str | None:
    if sealed is None:
        return None
    try:
        raw = keys.unseal(
            consent=request.id,
            sealed=bytes(sealed),
            bound_to=_bound_to(request.id, side),
        )
    except KeyMissing:
        # As after a restore: the row came back, its key did not.
        return None
    return str(json.loads(raw)["text"])


def _bound_to(request: uuid.UUID, side: str) -> str:
    return f"request|v1|{request}|{side}"


def request_shown(*, request: Request) -> dict[str, Any]:
    """Return a request as the one who asked reads it, with the words of both sides."""
    words = request_words(request=request)
    return {
        "request_": request,
        "label": request.label,
        "kind": KINDS[request.kind],
        "asked": words.asked,
        "reply": words.reply,
        "outcome": OUTCOMES.get(request.outcome or ""),
        "reason": REASONS.get(request.reason or ""),
        "open": request.answered_at is None,
        "late": request.answered_at is None and request.due <= clock.now(),
    }


def requests_shown(*, subject: Subject) -> list[dict[str, Any]]:
    """Return what a person asked for and was answered, newest first."""
    return [request_shown(request=one) for one in requests_of(subject=subject)]
