"""A key store over each backend, for the tests of keys."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent import keys
from tests.consent.backends import Backend, backend_used


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
