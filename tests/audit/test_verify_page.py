"""The verifier as a page of the program: the same file, and no connection allowed."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from audit.verify_page import PAGE, page, policy

HASH = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")


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


def test_the_file_by_itself_lets_the_same_script_and_style_in() -> None:
    # A change of its script has to be told in its own policy, too.
    named = HASH.findall(policy())
    assert sorted(HASH.findall(page().decode())) == sorted(named)
    assert len(named) == 2
