"""The order of a presence check stands until a burst of it was judged."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise

import pytest

from audit.demonstration import clock_shifted
from consent import gate
from consent.challenges import Step
from consent.models import Consent, Kiosk, Subject, Use
from consent.purposes import Purpose
from faces.matching import MODEL
from tests import make
from tests.conftest import Database
from tests.consent.make import grant
from tests.faces.make import AT_KIOSK

pytestmark = pytest.mark.usefixtures("secrets_dir")

MODES = pytest.mark.parametrize("mode", ["enrol", "compare"])
DRAWS = 12
"""How often a start is pressed: one order each time by chance once in 6 ** 11."""


@pytest.fixture
def house(db: Database) -> make.House:
    """A site whose rules ask for a presence check."""
    return make.house(presence=True, demonstration_clock=True)


def begun(house: make.House, mode: str, kiosk: Kiosk | None = None) -> Use:
    """Begin a use as somebody who was never there before; it stays open."""
    subject = Subject.objects.create()
    grant(house, subject, Purpose.FACE_CHECKIN, once=mode == "compare")
    named = Consent.objects.filter(once=False, purpose=Purpose.FACE_CHECKIN)
    return gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode=mode,
        model=MODEL,
        act=AT_KIOSK,
        kiosk=kiosk or house.kiosk,
        candidates=list(named) if mode == "compare" else [],
    )


def order(use: Use) -> tuple[Step, ...]:
    assert sorted(use.challenge) == sorted(Step)
    return tuple(use.challenge)


def ended(use: Use, reason: str, *, seized: bool = True) -> None:
    if seized:
        with gate.resume(use=use.id, act=AT_KIOSK, kiosk=use.kiosk) as permit:
            gate.seize(permit=permit)
    assert gate.discard(use=use.id, act=AT_KIOSK, reason=reason)


def somebody(house: make.House) -> None:
    """Have somebody whom comparisons are made with."""
    grant(house, Subject.objects.create(), Purpose.FACE_CHECKIN)


@MODES
def test_pressing_start_again_shows_the_same_order(
    house: make.House, mode: str
) -> None:
    somebody(house)
    drawn = set()
    for press in range(DRAWS):
        use = begun(house, mode)
        drawn.add(order(use))
        if press % 2:
            ended(use, "stopped", seized=False)
    assert len(drawn) == 1


@MODES
def test_a_burst_that_nobody_judged_changes_nothing(
    house: make.House, mode: str
) -> None:
    somebody(house)
    drawn = set()
    for press in range(DRAWS):
        use = begun(house, mode)
        drawn.add(order(use))
        ended(use, ["invalid", "failed", "none_found", "too_dark"][press % 4])
    assert len(drawn) == 1


def judged(use: Use, *, passed: bool) -> None:
    if not passed:
        return ended(use, "presence")
    with gate.resume(use=use.id, act=AT_KIOSK, kiosk=use.kiosk) as permit:
        gate.seize(permit=permit)
        gate.present(permit=permit)
    return ended(use, "failed", seized=False)


@MODES
@pytest.mark.parametrize("passed", [True, False])
def test_a_judged_burst_ends_an_order(
    house: make.House, mode: str, passed: bool
) -> None:
    somebody(house)
    drawn = set()
    for _ in range(DRAWS):
        use = begun(house, mode)
        drawn.add(order(use))
        judged(use, passed=passed)
    assert len(drawn) > 1


def test_what_is_drawn_after_a_judged_burst_may_be_the_same(house: make.House) -> None:
    drawn = []
    for turn in range(60):
        use = begun(house, "enrol")
        drawn.append(order(use))
        judged(use, passed=bool(turn % 2))
    # Each fails by chance less than once in a thousand times.
    assert len(set(drawn)) == 6
    same = sum(one == two for one, two in pairwise(drawn))
    assert 0 < same < 25


@MODES
def test_an_order_stands_for_ten_minutes_from_its_draw(
    house: make.House, mode: str
) -> None:
    somebody(house)
    drawn = []
    with ExitStack() as shifts:
        # The first stands until the fourth press, at twelve minutes, and so on.
        for _ in range(2 * DRAWS):
            drawn.append(order(begun(house, mode)))
            shifts.enter_context(clock_shifted(seconds=240))
    by_draw = [set(drawn[at : at + 3]) for at in range(0, len(drawn), 3)]
    assert all(len(one) == 1 for one in by_draw)
    assert len(set(drawn)) > 1


def test_each_kiosk_and_each_mode_has_an_order_of_its_own(house: make.House) -> None:
    somebody(house)
    other, _ = make.kiosk_paired(site=house.site, code="k-2")
    seen = set()
    for _ in range(DRAWS):
        here = begun(house, "enrol")
        ended(here, "presence")
        compared, there = begun(house, "compare"), begun(house, "enrol", other)
        seen.add((order(compared), order(there)))
    # What was judged here ended neither of the other two.
    assert len(seen) == 1
    assert len({order(one) for one in Use.objects.filter(kiosk=house.kiosk)}) > 1


def test_where_no_check_is_asked_for_none_is_kept(house: make.House) -> None:
    begun(house, "enrol")
    # Another promise than the one that was assessed and agreed to.
    make.assessment_approved(site=house.site)
    plain = make.rules_document("2026-02")
    rules = make.rules_published(site=house.site, document=plain)
    assert begun(replace(house, rules=rules), "enrol").challenge == []
