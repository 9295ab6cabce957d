from __future__ import annotations

from collections.abc import Iterator

import pytest

from faces.pixels import PixelPool


@pytest.fixture(scope="session")
def workers() -> Iterator[PixelPool]:
    """One pixel worker for every test that does not hurt it."""
    shared = PixelPool(wait_seconds=30, burst_wait_seconds=30, request_seconds=30)
    yield shared
    shared.close()
