"""What the tests of pages need: a house, and pages that tell their context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.utils import setup_test_environment, teardown_test_environment

from tests.conftest import Database
from tests.leads import make
from tests.leads.browsers import KioskBrowser


@pytest.fixture(scope="session", autouse=True)
def told_pages() -> Iterator[None]:
    setup_test_environment()
    yield
    teardown_test_environment()


@pytest.fixture
def office(db: Database, secrets_dir: Path) -> make.Office:
    """A site with a paired kiosk, rules of attribution and two channels."""
    return make.office()


@pytest.fixture
def kiosk(office: make.Office) -> KioskBrowser:
    """The paired kiosk's browser."""
    return KioskBrowser(office.house)
