"""The verifier as a page of the program: the same file, and no connection allowed."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.verify_page import PAGE, page, policy


@pytest.mark.usefixtures("db")
def test_it_is_the_file_of_the_exports_under_a_policy_of_its_own() -> None:
    answer = Client(SERVER_NAME="127.0.0.1").get("/verify/")
    assert answer.status_code == 200
    assert answer.content == PAGE.read_bytes() == page()
    told = answer["Content-Security-Policy"]
    assert told == policy()
    assert "default-src 'none'" in told
    assert "connect-src" not in told
    assert "unsafe" not in told


def test_its_script_and_style_are_named_by_hash() -> None:
    assert policy().count("'sha256-") == 2
