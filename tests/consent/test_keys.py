"""The key store: made before, dead after, and worthless as a copy within a day."""

from __future__ import annotations

import shutil
import stat
import threading
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit import clock
from consent import keys
from consent.errors import KeyMissing
from consent.models import Consent
from consent.purposes import Purpose
from consent.services.consents import consents_expire_keyless
from tests import make
from tests.conftest import Database
from tests.consent.backends import BOUND, NOW, PLAIN, key_file, seal, unseal


def test_what_is_sealed_opens_again_and_never_looks_the_same(
    consent: uuid.UUID,
) -> None:
    one, other = seal(consent), seal(consent)
    assert one != other
    assert PLAIN not in one
    assert unseal(consent, one) == unseal(consent, other) == PLAIN


def test_it_does_not_open_for_another_consent_or_binding(consent: uuid.UUID) -> None:
    other = uuid.uuid4()
    keys.key_create(consent=other)
    sealed = seal(consent)
    with pytest.raises(KeyMissing):
        unseal(other, sealed)
    with pytest.raises(KeyMissing):
        keys.unseal(consent=consent, sealed=sealed, bound_to=BOUND + "x")


@pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
def test_one_altered_byte_does_not_open(consent: uuid.UUID, place: int) -> None:
    altered = bytearray(seal(consent))
    altered[place] ^= 1
    with pytest.raises(KeyMissing):
        unseal(consent, bytes(altered))


def test_a_key_file_moved_to_another_consent_is_no_key(
    store: Path, consent: uuid.UUID
) -> None:
    other = uuid.uuid4()
    keys.key_create(consent=other)
    sealed = seal(other)
    shutil.copy(key_file(store, other), key_file(store, consent))
    with pytest.raises(KeyMissing):
        unseal(consent, sealed)
    with pytest.raises(KeyMissing):
        seal(consent)


def test_the_data_key_lies_wrapped_by_the_epochs_key_only(
    secrets_dir: Path,
) -> None:
    store, consent = secrets_dir / "keystore", uuid.uuid4()
    keys.key_create(consent=consent)
    wrapped = key_file(store, consent).read_bytes()
    epoch = (store.parent / "epochs" / "epoch-1.key").read_bytes()
    data_key = AESGCM(epoch).decrypt(
        wrapped[8:20], wrapped[20:], f"key|v1|{consent}".encode()
    )
    assert len(data_key) == len(epoch) == keys.KEY_BYTES
    sealed = seal(consent)
    assert AESGCM(data_key).decrypt(sealed[:12], sealed[12:], BOUND.encode()) == PLAIN
    for path in (path for path in store.rglob("*") if path.is_file()):
        assert data_key not in path.read_bytes()


def test_a_destroyed_key_leaves_a_tombstone_with_its_time(
    store: Path, consent: uuid.UUID
) -> None:
    sealed = seal(consent)
    assert not keys.key_missing(consent=consent)
    before = clock.stamp(clock.now())
    keys.key_destroy(consent=consent)
    told = (store / "tombstones" / str(consent)).read_text()
    assert before <= told <= clock.stamp(clock.now())
    assert keys.key_missing(consent=consent)
    assert consent not in keys.keys_stored()
    with pytest.raises(KeyMissing):
        unseal(consent, sealed)
    with pytest.raises(KeyMissing):
        seal(consent)


def test_destroying_twice_is_as_good_as_once(consent: uuid.UUID) -> None:
    keys.key_destroy(consent=consent)
    keys.key_destroy(consent=consent)
    assert keys.key_missing(consent=consent)


def test_a_restored_key_under_a_tombstone_opens_nothing(
    store: Path, consent: uuid.UUID
) -> None:
    sealed = seal(consent)
    kept = key_file(store, consent).read_bytes()
    keys.key_destroy(consent=consent)
    key_file(store, consent).write_bytes(kept)
    assert keys.key_missing(consent=consent)
    with pytest.raises(KeyMissing):
        unseal(consent, sealed)


def test_a_key_that_was_never_made_is_missing(store: Path) -> None:
    assert keys.key_missing(consent=uuid.uuid4())
    with pytest.raises(KeyMissing):
        seal(uuid.uuid4())


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
        key_file(store, lost.id).unlink()
    else:
        old = key_file(store, lost.id).read_bytes()
        keys.epoch_turn(at_least=NOW)
        key_file(store, lost.id).write_bytes(old)
    assert [one.consent.id for one in consents_expire_keyless()] == [lost.id]
    lost.refresh_from_db()
    assert (lost.state, lost.live) == ("expired", None)
    assert lost.key_event_id is not None
    assert Consent.objects.get(purpose=Purpose.FACE_CHECKIN).state == "active"
    assert consents_expire_keyless() == []
