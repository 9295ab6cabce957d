"""What the tests of pages need: a house, and pages that tell their context."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Database
from tests.leads import make
from tests.leads.browsers import KioskBrowser


@pytest.fixture(autouse=True)
def _pages(told_pages: None) -> None:
    """Pages tell their context."""


@pytest.fixture
def office(db: Database, secrets_dir: Path) -> make.Office:
    """A site with a paired kiosk, rules of attribution and two channels."""
    return make.office()


@pytest.fixture
def kiosk(office: make.Office) -> KioskBrowser:
    """The paired kiosk's browser."""
    return KioskBrowser(office.house)
