"""The one clock: whole milliseconds in UTC, shifted in demonstrations only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import clock, demonstration
from audit.errors import ClockRefused
from tests import make
from tests.conftest import Database

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 8 * 10**14 // 1000 * 100).map(
    lambda milliseconds: FIRST + timedelta(milliseconds=milliseconds)
)


def test_now_is_aware_in_utc_and_in_whole_milliseconds() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    moment = clock.now()
    assert moment.utcoffset() == timedelta(0)
    assert moment.microsecond % 1000 == 0
    assert before <= moment <= datetime.now(UTC)


@given(MOMENTS)
def test_what_is_stamped_is_parsed_again(moment: datetime) -> None:
    assert clock.parse(clock.stamp(moment)) == moment


@given(MOMENTS, MOMENTS)
def test_stamps_sort_as_their_moments_do(one: datetime, other: datetime) -> None:
    assert (clock.stamp(one) < clock.stamp(other)) == (one < other)


def test_a_stamp_is_in_utc_whatever_the_zone() -> None:
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2026, 11, 23, 17, 41, 7, 123_000, tzinfo=shanghai)
    assert clock.stamp(moment) == "2026-11-23T09:41:07.123Z"


@pytest.mark.parametrize("text", ["", "2026-11-23", "2026-11-23T09:41:07Z", "王小明"])
def test_another_form_is_not_parsed(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse(text)


@pytest.mark.usefixtures("secrets_dir")
def test_a_demonstration_may_shift_its_clock_for_a_block(db: Database) -> None:
    make.house(demonstration_clock=True)
    with demonstration.clock_shifted(days=40):
        with demonstration.clock_shifted(seconds=30):
            assert clock.offset() == timedelta(days=40, seconds=30)
        assert clock.now() - datetime.now(UTC) > timedelta(days=39)
    assert clock.offset() == timedelta(0)


@pytest.mark.usefixtures("secrets_dir")
def test_a_shift_ends_with_its_block_even_when_that_fails(db: Database) -> None:
    make.house(demonstration_clock=True)
    with pytest.raises(RuntimeError), demonstration.clock_shifted(days=1):
        raise RuntimeError
    assert clock.offset() == timedelta(0)


@pytest.mark.usefixtures("secrets_dir")
def test_a_log_without_a_clock_of_its_own_refuses_another(db: Database) -> None:
    make.house(demonstration_clock=False)
    with pytest.raises(ClockRefused), demonstration.clock_shifted(days=1):
        pytest.fail("the clock was shifted")
    assert clock.offset() == timedelta(0)


def test_without_a_log_there_is_no_other_clock(db: Database) -> None:
    with pytest.raises(ClockRefused), demonstration.clock_shifted(days=1):
        pytest.fail("the clock was shifted")
