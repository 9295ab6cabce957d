"""The state of the keys: what a stolen copy is worth, and for how long."""

from __future__ import annotations

import json
import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audit import clock
from consent import keys
from consent.custody import consents_keyless_count
from consent.keys import durable, turning
from consent.models import Consent
from consent.purposes import Purpose
from tests import make
from tests.conftest import Database

ROUND = timedelta(hours=1)


def _age(secrets_dir: Path, hours: float, epoch: int = 1) -> None:
    made = (clock.now() - timedelta(hours=hours)).timestamp()
    os.utime(secrets_dir / "epochs" / f"epoch-{epoch}.key", (made, made))


def _window(round_every: timedelta = ROUND) -> float:
    return keys.keys_state(round_every=round_every).window / timedelta(hours=1)


def test_a_store_in_order_is_counted(secrets_dir: Path) -> None:
    before = keys.keys_state(round_every=ROUND)
    assert (before.epoch, before.epochs, before.overdue) == (None, 0, False)
    made = [uuid.uuid4() for _ in range(3)]
    for one in made:
        keys.key_create(consent=one)
    keys.key_destroy(consent=made[0])
    state = keys.keys_state(round_every=ROUND)
    assert (state.backend, state.keys, state.tombstones) == ("file", 2, 1)
    assert (state.epoch, state.epochs, state.overdue) == (1, 1, False)
    assert state.began_at is not None
    assert state.next_turn_at == state.began_at + keys.EPOCH


@pytest.mark.parametrize(
    ("age", "window", "overdue"),
    [(0, 25, False), (23, 25, False), (24.5, 25.5, False), (31, 32, True)],
)
def test_the_window_is_the_longest_life_of_an_epochs_key(
    secrets_dir: Path, age: float, window: float, *, overdue: bool
) -> None:
    keys.key_create(consent=uuid.uuid4())
    _age(secrets_dir, age)
    state = keys.keys_state(round_every=ROUND)
    assert state.window / timedelta(hours=1) == pytest.approx(window, abs=0.01)
    assert state.overdue == overdue
    assert _window(timedelta(hours=3)) == pytest.approx(window + 2, abs=0.01)


def test_a_turn_cut_short_keeps_the_window_of_the_older_epoch(
    secrets_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.key_create(consent=uuid.uuid4())
    _age(secrets_dir, 40)

    def cut(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(turning, "_rewrap", cut)
        with pytest.raises(OSError):
            keys.epoch_turn()
    state = keys.keys_state(round_every=ROUND)
    assert (state.epoch, state.epochs, state.overdue) == (2, 2, True)
    assert _window() == pytest.approx(41, abs=0.01)
    assert keys.epoch_turn()
    assert _window() == pytest.approx(25, abs=0.01)


def test_what_a_crash_left_half_written_goes_with_the_turn(secrets_dir: Path) -> None:
    keys.key_create(consent=uuid.uuid4())
    scratch = secrets_dir / "keystore" / "data" / ".half.key.0123"
    durable.create(scratch, b"wrapped")
    keys.epoch_turn(at_least=timedelta(0))
    assert not scratch.exists()
    assert keys.keys_state(round_every=ROUND).keys == 1


def _told(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = 0
    try:
        call_command("keys_status", "--json")
    except SystemExit as left:
        code = int(left.code or 0)
    return code, json.loads(capsys.readouterr().out)


def test_the_command_tells_it_and_ends_with_zero(
    db: Database, secrets_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = make.house()
    make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    code, told = _told(capsys)
    assert code == 0
    assert told["resurrection_window_hours"] == 25
    assert (told["keys"], told["consents_keyless"], told["faults"]) == (2, 0, [])
    call_command("keys_status")
    words = capsys.readouterr().out
    assert "25.0 hours after a withdrawal" in words
    assert "resurrection_window_hours 25.0" in words


def test_a_late_turn_ends_the_command_with_one(
    db: Database, secrets_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.person(kiosk=make.house().kiosk)
    _age(secrets_dir, 26)
    code, told = _told(capsys)
    assert (code, told["faults"]) == (1, ["epoch_overdue"])


def test_a_consent_without_its_key_ends_the_command_with_one(
    db: Database, secrets_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.person(kiosk=make.house().kiosk)
    lost = Consent.objects.get()
    (secrets_dir / "keystore" / "data" / f"{lost.id}.key").unlink()
    assert consents_keyless_count() == 1
    code, told = _told(capsys)
    assert (code, told["faults"]) == (1, ["consents_keyless"])
    assert told["consents_keyless"] == 1
