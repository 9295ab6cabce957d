"""Requests, opened and answered as a visitor and an officer do."""

from __future__ import annotations

from typing import Any

from audit.drafts import VISITOR, Act
from consent.models import Request, Subject
from consent.services.requesting import request_answer, request_open
from tests import make

OFFICER = Act("st-9", "compliance")
WORDS = "请删掉我的手机号 13812345678"


def opened(
    house: make.House, kind: str = "access", subject: Subject | None = None, **more: Any
) -> Request:
    return request_open(
        site=house.site, kind=kind, words=WORDS, subject=subject, act=VISITOR, **more
    )


def answered(request: Request, outcome: str = "granted", **more: Any) -> Request:
    return request_answer(
        request=request,
        outcome=outcome,
        reason=more.get("reason"),
        words=more.get("words", ""),
        act=OFFICER,
    )
