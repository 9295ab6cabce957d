"""Pages of the reading room tell their context."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _pages(told_pages: None) -> None:
    """Pages tell their context."""
