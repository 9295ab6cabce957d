"""UUIDv7: sorts by time, and the rest is random."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from audit import clock
from audit.ids import uuid7

MANY = 5_000


def _milliseconds(identifier: uuid.UUID) -> int:
    return identifier.int >> 80


def test_an_id_has_the_version_and_variant_of_rfc_9562() -> None:
    for identifier in (uuid7() for _ in range(200)):
        assert identifier.version == 7
        assert identifier.variant == uuid.RFC_4122


def test_an_id_begins_with_the_time_of_the_clock() -> None:
    before = clock.now()
    told = datetime.fromtimestamp(_milliseconds(uuid7()) / 1000, tz=UTC)
    assert before <= told <= clock.now()


def test_ids_are_ordered_by_time_and_never_equal() -> None:
    made = [uuid7() for _ in range(MANY)]
    assert len(set(made)) == MANY
    times = [_milliseconds(identifier) for identifier in made]
    assert times == sorted(times)


def test_the_random_bits_all_vary() -> None:
    made = [uuid7().int for _ in range(MANY)]
    random = ((1 << 12) - 1) << 64 | ((1 << 62) - 1)
    ones = zeros = 0
    for value in made:
        ones |= value
        zeros |= ~value
    assert ones & random == random
    assert zeros & random == random
