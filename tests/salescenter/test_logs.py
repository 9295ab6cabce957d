from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.log import log_response

from salescenter.logs import ReservedFormatter

SECRET = "13800138000"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What reaches the log through the formatter of the house."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ReservedFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def _fail() -> None:
    try:
        int(SECRET + "?")
    except ValueError as error:
        raise ValueError(f"row ({SECRET})") from error


def test_an_exception_leaves_its_places_and_not_its_text(written: io.StringIO) -> None:
    try:
        _fail()
    except ValueError:
        logging.getLogger("leads").exception("storing failed")
    text = written.getvalue()
    assert SECRET not in text
    assert text.count("builtins.ValueError") == 2
    assert "test_logs.py" in text


def test_a_failed_request_leaves_no_address(written: io.StringIO) -> None:
    request: HttpRequest = RequestFactory().get(f"/s/{SECRET}/?phone={SECRET}")
    log_response(
        "%s: %s",
        "Server Error",
        request.path,
        response=HttpResponse(status=500),
        request=request,
        exception=RuntimeError(SECRET),
    )
    text = written.getvalue()
    assert "ERROR django.request 500 GET -" in text
    assert "builtins.RuntimeError" in text
    assert SECRET not in text


def test_a_refused_host_is_not_repeated(written: io.StringIO) -> None:
    logging.getLogger("django.security.DisallowedHost").error("Invalid: %r", SECRET)
    assert SECRET not in written.getvalue()


def test_an_error_of_the_server_names_no_request(written: io.StringIO) -> None:
    try:
        _fail()
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Error handling %s", SECRET)
    text = written.getvalue()
    assert "Error handling %s" in text
    assert SECRET not in text
