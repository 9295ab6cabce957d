"""The rounds of the house: one that fails keeps no other from its work."""

from __future__ import annotations

import logging

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from consent.services import sweeping as consent_sweeping
from salescenter import sweeping

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")


def fail() -> int:
    raise KeyError("a row that nobody expected")


def test_one_that_fails_is_named_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(consent_sweeping.OFTEN, "uses_abandoned", fail)
    with caplog.at_level(logging.ERROR):
        told = sweeping.often()
    assert told["failed"] == 1
    assert "refusals_told" in told
    assert "uses_abandoned failed: KeyError" in caplog.text
    assert "a row that nobody" not in caplog.text
    with pytest.raises(CommandError, match="failed"):
        call_command("sweep")


def test_a_database_that_is_away_ends_the_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away() -> int:
        raise OperationalError

    monkeypatch.setitem(consent_sweeping.OFTEN, "uses_abandoned", away)
    with pytest.raises(OperationalError):
        sweeping.often()
