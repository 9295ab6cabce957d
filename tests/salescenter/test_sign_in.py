"""Guessing a password is slow, and costs neither a core nor the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.test import Client

from audit.selectors import event_list
from salescenter import views
from salescenter.roles import roles_sync, staff_create
from tests import make
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir")
PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def _house(db: Database) -> Iterator[None]:
    make.house()
    roles_sync()
    for name in ("r", "s"):
        staff_create(username=name, password=PASSWORD, role="reception")
    cache.clear()
    yield
    cache.clear()


def tried(name: str, password: str = "wrong", address: str = "10.0.0.1") -> Any:
    return Client(SERVER_NAME="127.0.0.1").post(
        "/login/", {"username": name, "password": password}, REMOTE_ADDR=address
    )


def refusals() -> int:
    return len(event_list(kind="staff.refused", rows=1_000))


def test_a_name_is_tried_ten_times(monkeypatch: pytest.MonkeyPatch) -> None:
    for turn in range(views.WRONG_MAX["username"]):
        assert tried("r", address=f"10.0.1.{turn}").status_code == 400
    assert refusals() == views.WRONG_MAX["username"]
    # From here on no password is looked at, not even the right one.
    monkeypatch.setattr(AuthenticationForm, "is_valid", None)
    for _ in range(3):
        answer = tried("R ", PASSWORD, address="10.0.2.1")
        assert answer.status_code == 429
    assert "十分钟后再试" in words_of(answer)
    assert refusals() == views.WRONG_MAX["username"] + 1
    monkeypatch.undo()
    assert tried("s", PASSWORD, address="10.0.2.1").status_code == 302


@pytest.mark.slow
def test_an_address_tries_many_names_thirty_times() -> None:
    for turn in range(views.WRONG_MAX["address"]):
        assert tried(f"guess-{turn}").status_code == 400
    for _ in range(3):
        assert tried("r", PASSWORD).status_code == 429
    assert refusals() == views.WRONG_MAX["address"] + 1
    assert tried("r", PASSWORD, address="10.0.0.2").status_code == 302


@pytest.mark.slow
def test_signing_in_forgets_the_slips_before() -> None:
    for _ in range(2):
        for _ in range(views.WRONG_MAX["username"] - 1):
            assert tried("r").status_code == 400
        assert tried("r", PASSWORD).status_code == 302
