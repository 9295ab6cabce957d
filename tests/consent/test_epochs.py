"""The turn of the epoch: it loses no key, and kills every copy of them."""

from __future__ import annotations

import shutil
import threading
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from audit import clock
from consent import keys
from consent.errors import KeyMissing
from consent.keys import durable, turning
from consent.keys import store as storing
from consent.keys.epochs import FileEpochs
from tests.consent.backends import NOW, PLAIN, Backend, key_file, seal, unseal


def test_a_turn_of_the_epoch_keeps_every_key_and_kills_every_copy(
    backend: Backend, store: Path, consent: uuid.UUID, tmp_path: Path
) -> None:
    sealed = seal(consent)
    copied = tmp_path / "copy"
    shutil.copytree(store, copied)
    assert keys.epoch_turn(at_least=NOW)
    assert backend.epochs() == [2]
    assert unseal(consent, sealed) == PLAIN

    # A copy of the store, back in place: the epochs' keys were not in it.
    shutil.rmtree(store)
    shutil.copytree(copied, store)
    with pytest.raises(KeyMissing):
        unseal(consent, sealed)


def test_an_old_mirror_of_the_data_keys_opens_nothing_after_the_turn(
    store: Path, consent: uuid.UUID
) -> None:
    sealed = seal(consent)
    old = key_file(store, consent).read_bytes()
    keys.epoch_turn(at_least=NOW)
    key_file(store, consent).write_bytes(old)
    assert keys.key_missing(consent=consent)
    with pytest.raises(KeyMissing):
        unseal(consent, sealed)


def test_the_epoch_turns_once_a_day(
    backend: Backend, store: Path, consent: uuid.UUID
) -> None:
    assert not keys.epoch_turn()
    made = clock.now().timestamp() - timedelta(hours=25).total_seconds()
    backend.made(1, made)
    assert keys.epoch_turn()
    assert not keys.epoch_turn()
    assert backend.epochs() == [2]


class _PowerCut(BaseException):
    """Stands for the moment at which the process is gone."""


@pytest.mark.parametrize("survived", range(1, 9))
def test_a_turn_cut_short_anywhere_loses_nothing_and_is_finished_later(
    backend: Backend,
    store: Path,
    consent: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
    survived: int,
) -> None:
    others = [uuid.uuid4() for _ in range(3)]
    for other in others:
        keys.key_create(consent=other)
    sealed = {one: seal(one) for one in (consent, *others)}
    left = survived

    def until_the_cut(folder: Path) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise _PowerCut

    with monkeypatch.context() as patched:
        # Every step of a turn ends with a folder made durable.
        patched.setattr(durable, "sync", until_the_cut)
        patched.setattr(turning, "BATCH", 1)
        try:
            keys.epoch_turn(at_least=NOW)
        except _PowerCut:
            assert 1 <= len(backend.epochs()) <= 2
    for one, ciphertext in sealed.items():
        assert unseal(one, ciphertext) == PLAIN
    added = uuid.uuid4()
    keys.key_create(consent=added)
    sealed[added] = seal(added)
    if len(backend.epochs()) > 1:
        assert keys.epoch_turn()  # though the present epoch is young
    assert len(backend.epochs()) == 1
    for one, ciphertext in sealed.items():
        assert unseal(one, ciphertext) == PLAIN


def test_one_unreadable_key_does_not_stop_the_turn(
    backend: Backend, store: Path, consent: uuid.UUID
) -> None:
    dead, cut = uuid.uuid4(), uuid.uuid4()
    for one in (dead, cut):
        keys.key_create(consent=one)
    key_file(store, dead).write_bytes(bytes(68))
    # Killed between the tombstone and the removal of the key.
    (store / "tombstones" / str(cut)).write_bytes(b"")
    sealed = seal(consent)
    assert keys.epoch_turn(at_least=NOW)
    assert backend.epochs() == [2]
    assert unseal(consent, sealed) == PLAIN
    assert keys.key_missing(consent=dead)
    assert keys.key_missing(consent=cut)


def test_keys_are_made_and_used_while_the_epoch_turns(
    store: Path, consent: uuid.UUID
) -> None:
    failed: list[BaseException] = []
    done = threading.Event()
    made: dict[uuid.UUID, bytes] = {}

    def use() -> None:
        try:
            while not done.is_set():
                one = uuid.uuid4()
                keys.key_create(consent=one)
                made[one] = seal(one)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    using = [threading.Thread(target=use) for _ in range(2)]
    for thread in using:
        thread.start()
    for _ in range(5):
        assert keys.epoch_turn(at_least=NOW)
    done.set()
    for thread in using:
        thread.join(20)
    assert failed == []
    assert made
    for one, ciphertext in made.items():
        assert unseal(one, ciphertext) == PLAIN


def test_a_key_made_while_the_epoch_turns_is_not_lost(
    store: Path, consent: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap = storing.wrap

    def wrapped_too_late(*told: Any) -> dict[uuid.UUID, bytes]:
        made = wrap(*told)
        monkeypatch.setattr(storing, "wrap", wrap)
        assert keys.epoch_turn(at_least=NOW)
        return made

    monkeypatch.setattr(storing, "wrap", wrapped_too_late)
    late = uuid.uuid4()
    keys.key_create(consent=late)
    assert keys.keys_missing(consents=[consent, late]) == set()


def test_a_key_destroyed_while_the_epoch_turns_does_not_come_back(
    store: Path, consent: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap = storing.wrap

    def destroyed_meanwhile(*told: Any) -> dict[uuid.UUID, bytes]:
        made = wrap(*told)
        keys.key_destroy(consent=consent)
        return made

    monkeypatch.setattr(storing, "wrap", destroyed_meanwhile)
    assert keys.epoch_turn(at_least=NOW)
    assert keys.keys_stored() == {}
    assert not key_file(store, consent).exists()


def test_a_key_wrapped_anew_while_it_is_read_opens(
    store: Path, consent: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = seal(consent)
    read = storing.wrapped_read

    def read_too_early(one: uuid.UUID) -> bytes | None:
        found = read(one)
        monkeypatch.setattr(storing, "wrapped_read", read)
        assert keys.epoch_turn(at_least=NOW)
        return found

    monkeypatch.setattr(storing, "wrapped_read", read_too_early)
    assert unseal(consent, sealed) == PLAIN


def test_what_vanishes_while_it_is_listed_is_not_there(
    store: Path, consent: uuid.UUID
) -> None:
    # A link to nothing is listed and cannot be looked at, as what ends meanwhile.
    gone = uuid.uuid4()
    (store / "data" / f"{gone}.key").symlink_to("gone")
    assert list(keys.keys_stored()) == [consent]
    folder = Path(settings.EPOCHS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "epoch-99.key").symlink_to("gone")
    assert 99 not in FileEpochs(folder).standing()
