"""Every domain error has its line in the table, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import RequestFactory

from audit.errors import DomainError
from consent.errors import CodeStale, PassUnknown
from faces.errors import FrameFault, FrameInvalid
from salescenter.answering import error_response
from salescenter.errors import ANSWERS, TABLES, answer_of


def _kinds(root: type[DomainError]) -> Iterator[type[DomainError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


PRODUCT = ("audit", "consent", "faces", "leads", "salescenter")


def test_every_error_has_its_own_line() -> None:
    raised = {
        kind for kind in _kinds(DomainError) if kind.__module__.split(".")[0] in PRODUCT
    }
    assert {kind.__name__ for kind in raised} == {kind.__name__ for kind in ANSWERS}
    assert sum(map(len, TABLES)) == len(ANSWERS)


def test_every_answer_is_a_refusal_with_words_in_both_languages() -> None:
    for answer in ANSWERS.values():
        assert 400 <= answer.status < 600
        for words in (answer.title, answer.safe, answer.todo):
            assert words.zh
            assert words.en
            assert words.zh != words.en


def test_an_error_without_a_line_takes_its_ancestors() -> None:
    class Unforeseen(PassUnknown):
        pass

    assert answer_of(Unforeseen()) is ANSWERS[PassUnknown]


@pytest.mark.usefixtures("static_files")
@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "过期"), ("en", "too old")]
)
def test_a_page_answers_in_the_readers_language(language: str, words: str) -> None:
    request = RequestFactory().get("/s/x/")
    request.LANGUAGE_CODE = language
    response = error_response(request, CodeStale())
    assert response.status_code == 410
    assert words in response.content.decode()  # type: ignore[attr-defined]


def test_a_script_is_answered_in_json() -> None:
    request = RequestFactory().post(
        "/kiosk/capture/x/hint/", headers={"accept": "application/json"}
    )
    request.LANGUAGE_CODE = "en"
    response = error_response(request, FrameInvalid(FrameFault.TRUNCATED))
    assert response.status_code == 400
    assert b'"error": "truncated"' in response.content  # type: ignore[attr-defined]
