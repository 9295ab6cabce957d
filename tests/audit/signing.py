"""A signer in the process of a test, over the test's own database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit import signing
from audit.signer import Keeper, Signer


@contextmanager
def signer_in(folder: Path) -> Iterator[Signer]:
    """Sign with keys in `folder`, whenever the program asks and nobody answers."""
    signer = Signer(Keeper(folder), separated=False)
    before = list(signing._STARTERS)
    alone = signing.ALONE_SECONDS

    def look() -> None:
        signer.look(now=True)

    signing._STARTERS[:] = [look]
    signing.ALONE_SECONDS = 0.0
    try:
        yield signer
    finally:
        signing._STARTERS[:] = before
        signing.ALONE_SECONDS = alone
