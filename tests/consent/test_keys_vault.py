"""Vault away, sealed or refusing: nothing is kept, nothing ends, destroying goes on."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from audit.drafts import VISITOR
from consent import keys
from consent.errors import KeyMissing, KeysUnavailable
from consent.keys import vault
from consent.keys.vault import Vault
from consent.models import Consent, Subject
from consent.services.consents import consents_expire_keyless, consents_withdraw
from salescenter.errors import ANSWERS
from tests import make
from tests.conftest import Database
from tests.consent.backends import Backend, backend_used
from tests.consent.make import grant

NOW = timedelta(0)
BOUND = "tpl|v1|somebody"

Breaking = Callable[[Backend], None]


@pytest.fixture
def backend(secrets_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    monkeypatch.setattr(vault, "TIMEOUT_SECONDS", 0.4)
    with backend_used("vault", secrets_dir) as used:
        yield used


def _set(**what: object) -> Breaking:
    def break_it(backend: Backend) -> None:
        for name, value in what.items():
            setattr(backend.transit, name, value)

    return break_it


def _token(text: str | None) -> Breaking:
    def break_it(backend: Backend) -> None:
        path = backend.secrets / "vault-token"
        if text is None:
            path.unlink()
        else:
            path.write_text(text)

    return break_it


BREAKING: dict[str, Breaking] = {
    "sealed": _set(sealed=True),
    "silent": _set(stalls_s=1.5),
    "dribbling": _set(dribbles=True),
    "no JSON": _set(broken=True),
    "redirecting": _set(moved=True),
    "no such engine": _set(mounted=False),
    "wrong token": _token("s.another"),
    "empty token": _token(""),
    "no token": _token(None),
    "token of two lines": _token("s.one\nX-Evil: 1"),
}


@pytest.fixture(params=BREAKING)
def broken(request: pytest.FixtureRequest) -> Breaking:
    return BREAKING[request.param]


def test_whatever_needs_a_key_says_so_in_time_and_keeps_nothing(
    backend: Backend, broken: Breaking
) -> None:
    made = uuid.uuid4()
    keys.key_create(consent=made)
    sealed = keys.seal(consent=made, plaintext=b"x", bound_to=BOUND)
    broken(backend)
    attempts: list[Callable[[], Any]] = [
        lambda: keys.key_create(consent=uuid.uuid4()),
        lambda: keys.key_missing(consent=made),
        lambda: keys.unseal(consent=made, sealed=sealed, bound_to=BOUND),
        lambda: keys.epoch_turn(at_least=NOW),
        lambda: keys.keys_state(round_every=NOW),
    ]
    for attempt in attempts:
        began = time.monotonic()
        with pytest.raises(KeysUnavailable) as told:
            attempt()
        assert time.monotonic() - began < 3
        assert str(told.value) == ""  # no address, no token
    assert set(keys.keys_stored()) == {made}


def test_destroying_needs_no_vault(backend: Backend, broken: Breaking) -> None:
    made = uuid.uuid4()
    keys.key_create(consent=made)
    broken(backend)
    asked = len(backend.transit.asked)
    keys.key_destroy(consent=made)
    assert keys.keys_stored() == {}
    assert keys.key_missing(consent=made)
    assert len(backend.transit.asked) == asked


def test_nobody_listening(backend: Backend) -> None:
    keys.key_create(consent=uuid.uuid4())
    with override_settings(VAULT_ADDR="http://127.0.0.1:9"):
        with pytest.raises(KeysUnavailable):
            keys.key_create(consent=uuid.uuid4())


@pytest.mark.parametrize(
    "address",
    ["http://vault.example:8200", "http://10.0.0.7:8200", "ftp://127.0.0.1", ""],
)
def test_plain_http_leaves_this_machine_never(tmp_path: Path, address: str) -> None:
    with pytest.raises(KeysUnavailable):
        Vault(address=address, token_file=tmp_path, mount="transit", ca_file=None)


def test_it_is_told_as_503() -> None:
    assert ANSWERS[KeysUnavailable].status == 503


def test_a_key_deleted_in_vault_is_gone_and_no_fault_of_vault(backend: Backend) -> None:
    made = uuid.uuid4()
    keys.key_create(consent=made)
    sealed = keys.seal(consent=made, plaintext=b"x", bound_to=BOUND)
    backend.transit.keys.clear()
    assert keys.key_missing(consent=made)
    with pytest.raises(KeyMissing):
        keys.unseal(consent=made, sealed=sealed, bound_to=BOUND)
    keys.key_create(consent=uuid.uuid4())
    assert keys.key_missing(consent=made)


def test_keys_of_others_in_the_same_engine_are_left_alone(backend: Backend) -> None:
    backend.transit._make("another-1")
    backend.transit._make("salescenter-2-9")
    made = uuid.uuid4()
    keys.key_create(consent=made)
    assert keys.epoch_turn(at_least=NOW)
    assert sorted(backend.transit.keys) == [
        "another-1",
        "salescenter-2",
        "salescenter-2-9",
    ]
    assert not keys.key_missing(consent=made)


def test_a_turn_that_vault_interrupts_is_finished_later(backend: Backend) -> None:
    made = [uuid.uuid4() for _ in range(3)]
    for one in made:
        keys.key_create(consent=one)
    backend.transit.decrypts = False
    with pytest.raises(KeysUnavailable):
        keys.epoch_turn(at_least=NOW)
    backend.transit.decrypts = True
    assert backend.epochs() == [1, 2]
    assert keys.epoch_turn()
    assert backend.epochs() == [2]
    assert keys.keys_missing(consents=made) == set()


def test_a_change_of_the_setting_moves_every_key_at_the_next_turn(
    secrets_dir: Path,
) -> None:
    made = [uuid.uuid4() for _ in range(3)]
    for one in made:
        keys.key_create(consent=one)
    sealed = keys.seal(consent=made[0], plaintext=b"x", bound_to=BOUND)
    with backend_used("vault", secrets_dir) as used:
        assert keys.keys_missing(consents=made) == set()
        assert keys.keys_state(round_every=NOW).epochs == 1
        assert keys.epoch_turn()  # though the file's epoch is young
        assert used.epochs() == [1]  # and no file of an epoch is left
        assert keys.unseal(consent=made[0], sealed=sealed, bound_to=BOUND) == b"x"
        with override_settings(KEYS_BACKEND="file"):
            assert keys.epoch_turn()
            assert used.transit.keys == {}
            assert keys.keys_missing(consents=made) == set()
        assert keys.unseal(consent=made[0], sealed=sealed, bound_to=BOUND) == b"x"


def test_a_store_wrapped_by_a_vault_that_is_not_named_is_not_taken_for_lost(
    backend: Backend,
) -> None:
    made = uuid.uuid4()
    keys.key_create(consent=made)
    with override_settings(KEYS_BACKEND="file", VAULT_ADDR=""):
        with pytest.raises(KeysUnavailable):
            keys.key_missing(consent=made)


def test_people_withdraw_and_nobody_is_ended_while_vault_is_away(
    db: Database, backend: Backend
) -> None:
    house = make.house()
    one, other = (make.person(kiosk=house.kiosk) for _ in range(2))
    backend.transit.sealed = True
    with pytest.raises(KeysUnavailable):
        consents_expire_keyless()
    with pytest.raises(CommandError, match="nothing is served"):
        call_command("prepare")
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("keys_status")
    assert Consent.objects.filter(state="active").count() == 2
    consents_withdraw(subject=one, purposes=None, act=VISITOR)
    assert Consent.objects.get(subject=one).key_event_id is not None
    with pytest.raises(KeysUnavailable):
        grant(house, Subject.objects.create())
    assert Consent.objects.count() == 2
    assert set(keys.keys_stored()) == {Consent.objects.get(subject=other).id}
    backend.transit.sealed = False
    assert consents_expire_keyless() == []
