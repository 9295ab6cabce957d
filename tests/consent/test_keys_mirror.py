"""The mirror follows everything at once, and is in nobody's way when it cannot."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from consent import custody, duties, keys
from consent.keys import durable, mirror, store

NOW = timedelta(0)


@pytest.fixture
def kept(secrets_dir: Path) -> Path:
    return secrets_dir / "keystore"


@pytest.fixture
def copy(tmp_path: Path, kept: Path) -> Iterator[Path]:
    folder = tmp_path / "mirror"
    folder.mkdir(mode=0o700)
    with override_settings(KEYSTORE_MIRROR=str(folder)):
        keys.mirror_reconcile()
        yield folder


def _content(folder: Path) -> dict[str, bytes]:
    return {
        f"{part}/{path.name}": path.read_bytes()
        for part in mirror.FOLDERS
        for path in (folder / part).iterdir()
    }


def _made(count: int = 3) -> list[uuid.UUID]:
    made = [uuid.uuid4() for _ in range(count)]
    for one in made:
        keys.key_create(consent=one)
    return made


def _state() -> str:
    return keys.keys_state(round_every=NOW).mirror


def test_every_write_and_removal_is_there_when_the_call_returns(
    kept: Path, copy: Path
) -> None:
    made = _made()
    assert len(_content(copy)) == 3
    assert _content(copy) == _content(kept)
    keys.key_destroy(consent=made[0])
    assert f"data/{made[0]}.key" not in _content(copy)
    assert f"tombstones/{made[0]}" in _content(copy)
    assert keys.epoch_turn(at_least=NOW)
    assert _content(copy) == _content(kept)
    assert not list(copy.rglob("epoch*"))
    assert _state() == "ok"


def test_a_store_lost_is_had_from_the_mirror(kept: Path, copy: Path) -> None:
    made = _made()
    sealed = keys.seal(consent=made[1], plaintext=b"x", bound_to="b")
    keys.key_destroy(consent=made[0])
    shutil.rmtree(kept)
    shutil.copytree(copy, kept)
    assert keys.unseal(consent=made[1], sealed=sealed, bound_to="b") == b"x"
    assert keys.keys_missing(consents=made) == {made[0]}


def test_an_old_mirror_opens_nothing_once_the_epoch_turned(
    kept: Path, copy: Path, tmp_path: Path
) -> None:
    made = _made()
    old = tmp_path / "old"
    shutil.copytree(copy, old)
    keys.epoch_turn(at_least=NOW)
    shutil.rmtree(kept)
    shutil.copytree(old, kept)
    assert keys.keys_missing(consents=made) == set(made)


def test_a_mirror_that_is_away_stops_nobody_and_is_told(kept: Path, copy: Path) -> None:
    made = _made()
    shutil.move(copy, copy.with_name("away"))
    keys.key_destroy(consent=made[0])
    assert keys.key_missing(consent=made[0])
    keys.key_create(consent=uuid.uuid4())
    assert keys.epoch_turn(at_least=NOW)
    assert _state() == "missing"
    (duty,) = custody.mirror_duties()
    assert duty.pressing(duty.since)
    assert "mirror" in duties._PROVIDERS
    assert keys.mirror_reconcile() == 0
    assert not copy.exists()  # the program makes no mirror where none is mounted
    since = keys.mirror_behind_since()
    assert since == duty.since

    shutil.move(copy.with_name("away"), copy)
    assert _state() == "behind"
    assert keys.mirror_reconcile() > 0
    assert _content(copy) == _content(kept)
    assert (_state(), list(custody.mirror_duties())) == ("ok", [])


def test_what_the_mirror_has_too_many_goes(kept: Path, copy: Path) -> None:
    (one, *_) = _made()
    left = (copy / "data" / f"{one}.key").read_bytes()
    keys.key_destroy(consent=one)
    (copy / "data" / f"{one}.key").write_bytes(left)
    assert _state() == "differs"
    assert keys.mirror_reconcile() == 1
    assert _content(copy) == _content(kept)


def test_a_mirror_that_hangs_is_not_waited_for(
    kept: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _made()
    go_on = threading.Event()
    remove, write_all = durable.remove, durable.write_all

    def slow(do: Callable[..., None]) -> Callable[..., None]:
        def done(path: Path, *rest: object) -> None:
            if path.is_relative_to(copy):
                go_on.wait(20)
            do(path, *rest)

        return done

    monkeypatch.setattr(mirror, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(durable, "remove", slow(remove))
    monkeypatch.setattr(durable, "write_all", slow(write_all))
    began = time.monotonic()
    for one in made:
        keys.key_destroy(consent=one)
    assert time.monotonic() - began < 2
    assert keys.keys_stored() == {}
    assert store.tombstones_count() == 3
    assert keys.mirror_behind_since() is not None
    go_on.set()
    time.sleep(0.3)
    assert keys.mirror_reconcile() > 0
    assert _content(copy) == _content(kept)


def test_without_a_mirror_nothing_is_said(kept: Path) -> None:
    _made()
    assert (_state(), keys.mirror_reconcile()) == ("none", 0)
    assert list(custody.mirror_duties()) == []
