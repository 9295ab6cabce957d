"""The key store: made before, dead after, and worthless as a copy within a day."""

from __future__ import annotations

import shutil
import stat
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from audit import clock
from consent import keys
from consent.errors import KeyMissing
from consent.keys import durable, turning
from consent.keys import store as storing
from consent.keys.epochs import FileEpochs
from consent.models import Consent
from consent.purposes import Purpose
from consent.services.consents import consents_expire_keyless
from tests import make
from tests.conftest import Database
from tests.consent.backends import Backend, backend_used

PLAIN = b"what was collected"
BOUND = "tpl|v1|somebody"
NOW = timedelta(0)


@pytest.fixture(params=["file", "vault"])
def backend(request: pytest.FixtureRequest, secrets_dir: Path) -> Iterator[Backend]:
    with backend_used(request.param, secrets_dir) as used:
        yield used


@pytest.fixture
def store(backend: Backend) -> Path:
    return backend.secrets / "keystore"


@pytest.fixture
def consent(store: Path) -> uuid.UUID:
    made = uuid.uuid4()
    keys.key_create(consent=made)
    return made


def _file(store: Path, consent: uuid.UUID) -> Path:
    return store / "data" / f"{consent}.key"


def _seal(consent: uuid.UUID) -> bytes:
    return keys.seal(consent=consent, plaintext=PLAIN, bound_to=BOUND)


def _unseal(consent: uuid.UUID, sealed: bytes) -> bytes:
    return keys.unseal(consent=consent, sealed=sealed, bound_to=BOUND)


def test_what_is_sealed_opens_again_and_never_looks_the_same(
    consent: uuid.UUID,
) -> None:
    one, other = _seal(consent), _seal(consent)
    assert one != other
    assert PLAIN not in one
    assert _unseal(consent, one) == _unseal(consent, other) == PLAIN


def test_it_does_not_open_for_another_consent_or_binding(consent: uuid.UUID) -> None:
    other = uuid.uuid4()
    keys.key_create(consent=other)
    sealed = _seal(consent)
    with pytest.raises(KeyMissing):
        _unseal(other, sealed)
    with pytest.raises(KeyMissing):
        keys.unseal(consent=consent, sealed=sealed, bound_to=BOUND + "x")


@pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
def test_one_altered_byte_does_not_open(consent: uuid.UUID, place: int) -> None:
    altered = bytearray(_seal(consent))
    altered[place] ^= 1
    with pytest.raises(KeyMissing):
        _unseal(consent, bytes(altered))


def test_a_key_file_moved_to_another_consent_is_no_key(
    store: Path, consent: uuid.UUID
) -> None:
    other = uuid.uuid4()
    keys.key_create(consent=other)
    sealed = _seal(other)
    shutil.copy(_file(store, other), _file(store, consent))
    with pytest.raises(KeyMissing):
        _unseal(consent, sealed)
    with pytest.raises(KeyMissing):
        _seal(consent)


def test_the_data_key_lies_wrapped_by_the_epochs_key_only(
    secrets_dir: Path,
) -> None:
    store, consent = secrets_dir / "keystore", uuid.uuid4()
    keys.key_create(consent=consent)
    wrapped = _file(store, consent).read_bytes()
    epoch = (store.parent / "epochs" / "epoch-1.key").read_bytes()
    data_key = AESGCM(epoch).decrypt(
        wrapped[8:20], wrapped[20:], f"key|v1|{consent}".encode()
    )
    assert len(data_key) == len(epoch) == keys.KEY_BYTES
    sealed = _seal(consent)
    assert AESGCM(data_key).decrypt(sealed[:12], sealed[12:], BOUND.encode()) == PLAIN
    for path in (path for path in store.rglob("*") if path.is_file()):
        assert data_key not in path.read_bytes()


def test_a_destroyed_key_leaves_a_tombstone_with_its_time(
    store: Path, consent: uuid.UUID
) -> None:
    sealed = _seal(consent)
    assert not keys.key_missing(consent=consent)
    before = clock.stamp(clock.now())
    keys.key_destroy(consent=consent)
    told = (store / "tombstones" / str(consent)).read_text()
    assert before <= told <= clock.stamp(clock.now())
    assert keys.key_missing(consent=consent)
    assert consent not in keys.keys_stored()
    with pytest.raises(KeyMissing):
        _unseal(consent, sealed)
    with pytest.raises(KeyMissing):
        _seal(consent)


def test_destroying_twice_is_as_good_as_once(consent: uuid.UUID) -> None:
    keys.key_destroy(consent=consent)
    keys.key_destroy(consent=consent)
    assert keys.key_missing(consent=consent)


def test_a_restored_key_under_a_tombstone_opens_nothing(
    store: Path, consent: uuid.UUID
) -> None:
    sealed = _seal(consent)
    kept = _file(store, consent).read_bytes()
    keys.key_destroy(consent=consent)
    _file(store, consent).write_bytes(kept)
    assert keys.key_missing(consent=consent)
    with pytest.raises(KeyMissing):
        _unseal(consent, sealed)


def test_a_key_that_was_never_made_is_missing(store: Path) -> None:
    assert keys.key_missing(consent=uuid.uuid4())
    with pytest.raises(KeyMissing):
        _seal(uuid.uuid4())


def test_every_folder_and_file_is_its_owners_alone(
    store: Path, consent: uuid.UUID
) -> None:
    keys.key_destroy(consent=consent)
    keys.key_create(consent=uuid.uuid4())
    keys.secret("receipt")
    keys.epoch_turn(at_least=NOW)
    found = [store, *store.parent.rglob("*")]
    assert {path.name for path in found} >= {"data", "tombstones", "lock"}
    for path in found:
        due = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == due, path


def test_nothing_half_written_stays(store: Path, consent: uuid.UUID) -> None:
    keys.epoch_turn(at_least=NOW)
    keys.key_destroy(consent=consent)
    keys.secret("pass")
    hidden = [path for path in store.parent.rglob(".*") if path.is_file()]
    assert hidden == []


def test_a_turn_of_the_epoch_keeps_every_key_and_kills_every_copy(
    backend: Backend, store: Path, consent: uuid.UUID, tmp_path: Path
) -> None:
    sealed = _seal(consent)
    copied = tmp_path / "copy"
    shutil.copytree(store, copied)
    assert keys.epoch_turn(at_least=NOW)
    assert backend.epochs() == [2]
    assert _unseal(consent, sealed) == PLAIN

    # A copy of the store, back in place: the epochs' keys were not in it.
    shutil.rmtree(store)
    shutil.copytree(copied, store)
    with pytest.raises(KeyMissing):
        _unseal(consent, sealed)


def test_an_old_mirror_of_the_data_keys_opens_nothing_after_the_turn(
    store: Path, consent: uuid.UUID
) -> None:
    sealed = _seal(consent)
    old = _file(store, consent).read_bytes()
    keys.epoch_turn(at_least=NOW)
    _file(store, consent).write_bytes(old)
    assert keys.key_missing(consent=consent)
    with pytest.raises(KeyMissing):
        _unseal(consent, sealed)


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
    sealed = {one: _seal(one) for one in (consent, *others)}
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
        assert _unseal(one, ciphertext) == PLAIN
    added = uuid.uuid4()
    keys.key_create(consent=added)
    sealed[added] = _seal(added)
    if len(backend.epochs()) > 1:
        assert keys.epoch_turn()  # though the present epoch is young
    assert len(backend.epochs()) == 1
    for one, ciphertext in sealed.items():
        assert _unseal(one, ciphertext) == PLAIN


def test_one_unreadable_key_does_not_stop_the_turn(
    backend: Backend, store: Path, consent: uuid.UUID
) -> None:
    dead, cut = uuid.uuid4(), uuid.uuid4()
    for one in (dead, cut):
        keys.key_create(consent=one)
    _file(store, dead).write_bytes(bytes(68))
    # Killed between the tombstone and the removal of the key.
    (store / "tombstones" / str(cut)).write_bytes(b"")
    sealed = _seal(consent)
    assert keys.epoch_turn(at_least=NOW)
    assert backend.epochs() == [2]
    assert _unseal(consent, sealed) == PLAIN
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
                made[one] = _seal(one)
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
        assert _unseal(one, ciphertext) == PLAIN


def test_a_secret_is_made_once_and_stays(secrets_dir: Path) -> None:
    found: list[bytes] = []
    asking = [
        threading.Thread(target=lambda: found.append(keys.secret("pass")))
        for _ in range(8)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(found[0]) == keys.KEY_BYTES
    assert keys.secret("receipt") != found[0]


@pytest.mark.parametrize("how", ["gone", "of another epoch"])
def test_after_a_restore_a_consent_without_its_key_is_ended(
    db: Database, store: Path, how: str
) -> None:
    house = make.house()
    make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    lost = Consent.objects.get(purpose=Purpose.CONTACT)
    if how == "gone":
        _file(store, lost.id).unlink()
    else:
        old = _file(store, lost.id).read_bytes()
        keys.epoch_turn(at_least=NOW)
        _file(store, lost.id).write_bytes(old)
    assert [one.consent.id for one in consents_expire_keyless()] == [lost.id]
    lost.refresh_from_db()
    assert (lost.state, lost.live) == ("expired", None)
    assert lost.key_event_id is not None
    assert Consent.objects.get(purpose=Purpose.FACE_CHECKIN).state == "active"
    assert consents_expire_keyless() == []


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
    assert not _file(store, consent).exists()


def test_a_key_wrapped_anew_while_it_is_read_opens(
    store: Path, consent: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = _seal(consent)
    read = storing.wrapped_read

    def read_too_early(one: uuid.UUID) -> bytes | None:
        found = read(one)
        monkeypatch.setattr(storing, "wrapped_read", read)
        assert keys.epoch_turn(at_least=NOW)
        return found

    monkeypatch.setattr(storing, "wrapped_read", read_too_early)
    assert _unseal(consent, sealed) == PLAIN


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
