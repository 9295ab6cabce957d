"""A log's tree as the database holds it: leaves, and roots of full 256-ary tiles."""

from __future__ import annotations

from collections import OrderedDict

from django.db import connections

from audit import merkle, proofs

TILE_BITS = 8
TILE = 1 << TILE_BITS
ROWS_KEPT = 1_024
"""Rows of up to 256 hashes held for the next proof: at most 8 MiB of hashes."""


class Tree:
    """The hashes of one log, read when they are needed.

    One query for each row of 256 hashes that is not in memory.
    """

    def __init__(self, log: str, *, using: str = "default") -> None:
        """Read the tree of `log` through the database connection `using`."""
        self.log = log
        self.using = using
        self._rows: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a full subtree (`audit.proofs.Nodes`).

        Raises:
            LookupError: the log does not reach so far.
        """
        tile, above = divmod(level, TILE_BITS)
        first = index << above
        end = first % TILE + (1 << above)
        hashes = self._row(tile, first >> TILE_BITS, end)[first % TILE : end]
        if len(hashes) != 1 << above:
            message = f"the log has no subtree {index} of level {level}"
            raise LookupError(message)
        while len(hashes) > 1:
            hashes = [
                merkle.node_hash(hashes[place], hashes[place + 1])
                for place in range(0, len(hashes), 2)
            ]
        return hashes[0]

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves."""
        return proofs.root(self.node, size)

    def frontier(self, size: int) -> list[bytes]:
        """Return the frontier of the first `size` leaves, largest subtree first."""
        return proofs.frontier(self.node, size)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Return the audit path of an event in the tree of `size`, leaf side first."""
        return proofs.inclusion(self.node, seq, size)

    def consistency(self, old: int, size: int) -> list[bytes]:
        """Return the proof that the tree of `size` extends the one of `old`."""
        return proofs.consistency(self.node, old, size)

    def _row(self, tile: int, number: int, least: int) -> list[bytes]:
        place = (tile, number)
        found = self._rows.get(place)
        # A row that was not full may have grown since.
        if found is None or len(found) < least:
            found = self._read(tile, number)
            self._rows[place] = found
            while len(self._rows) > ROWS_KEPT:
                self._rows.popitem(last=False)
        self._rows.move_to_end(place)
        return found

    def _read(self, tile: int, number: int) -> list[bytes]:
        place: list[str | int] = [self.log, number * TILE, (number + 1) * TILE]
        with connections[self.using].cursor() as cursor:
            if tile:
                cursor.execute(
                    "SELECT hash FROM audit_tile WHERE log = %s AND idx >= %s"
                    " AND idx < %s AND level = %s ORDER BY idx",
                    [*place, tile],
                )
            else:
                cursor.execute(
                    "SELECT leaf FROM audit_event WHERE log = %s AND seq >= %s"
                    " AND seq < %s ORDER BY seq",
                    place,
                )
            return [bytes(row[0]) for row in cursor.fetchall()]
