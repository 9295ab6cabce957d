"""Which state of the people who may be searched at a site: a number that only grows.

A search compares a face with everybody enrolled, held in memory by one process. The
database counts one more in each commit that adds or takes away somebody, so two equal
numbers mean the same people; `generation_share` keeps it so until the commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from consent.models import Generation, Site


@dataclass(frozen=True)
class Gallery:
    """Those whom a face is compared with in a search, as the log names them.

    Attributes:
        generation: when they were these.
        count: how many.
        sha256: of the numbers of their grants (`gallery_hash`).
    """

    generation: int
    count: int
    sha256: str

    def told(self) -> dict[str, object]:
        """Return what events say of it."""
        return {"gallery": self.count, "gallery_sha256": self.sha256}


def gallery_hash(numbers: Iterable[int]) -> str:
    """Return the SHA-256 in hex of grants' numbers: ascending, as a JSON array.

    Without spaces, as bodies of events are: `[12,57]` (docs/evidence.md).
    """
    listed = ",".join(map(str, sorted(numbers)))
    return hashlib.sha256(f"[{listed}]".encode("ascii")).hexdigest()


def generation_of(*, site: Site) -> int:
    """Return the generation of a site as it is now."""
    return Generation.objects.values_list("value", flat=True).get(site=site)


def generation_share(*, site: Site) -> int:
    """As `generation_of`, and let nobody who is enrolled end until this commit.

    MUST be called inside a transaction, after its locks of consents and before its
    events: whoever ends a consent waits here, and holds that consent meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value FROM consent_generation WHERE site_id = %s FOR SHARE",
            [str(site.id)],
        )
        return int(cursor.fetchone()[0])
