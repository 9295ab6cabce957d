"""Candidates, starts and their ends, and what has to be destroyed after an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.verifier import Result
from tests.audit.test_verifier.scenes import (
    ANOTHER,
    NEWER,
    capture,
    compared,
    enrolled,
    grant,
    house,
    later,
    under,
    withdrawn,
)

Broken = Callable[..., list[tuple[int, str]]]
Sound = Callable[..., Result]


def test_a_candidate_may_be_anybody_under_any_rules(sound: Sound) -> None:
    log = house()
    one = grant(log, subject=ANOTHER, rules=NEWER)
    compared(log, grant(log), one)
    compared(log, grant(log))
    gallery = {"gallery": 40, "gallery_sha256": NEWER}
    probe = grant(log)
    start = under(log, probe, "face.compare.started", data=gallery)
    under(log, probe, "face.compared", data={**gallery, "start": start})
    sound(log)


@pytest.mark.parametrize("different", [{"purpose": "contact"}, {"site": "c-2"}])
def test_a_candidate_agreed_to_this_here(
    different: dict[str, Any], broken: Broken
) -> None:
    log = house()
    one = grant(log, **{"subject": ANOTHER, **different})
    start = compared(log, grant(log), one)
    (name,) = different
    what = f"a candidate: another {name} than consent {one}"
    assert broken(log) == [(start, what), (start + 1, what)]


def test_a_candidate_is_live(broken: Broken) -> None:
    log = house()
    ended, over = grant(log), grant(log, data={"until": "2026-03-02T01:00:05.000Z"})
    withdrawn(log, ended)
    start = compared(log, grant(log), ended, over, 1)
    assert broken(log) == [
        (seq, f"a candidate: consent {what}")
        for seq in (start, start + 1)
        for what in (
            f"{ended} had ended",
            f"{over} was over by its term",
            "1 is no such consent",
        )
    ]


def test_a_candidate_who_withdrew_meanwhile_is_left_out(
    broken: Broken, sound: Sound
) -> None:
    log = house()
    one, probe = grant(log, subject=ANOTHER), grant(log)
    start = under(log, probe, "face.compare.started", data={"candidates": [one]})
    withdrawn(log, one)
    end = under(log, probe, "face.compared", data={"start": start, "candidates": []})
    sound(log)
    log.edit(end, data={"candidates": [one]})
    assert broken(log) == [(end, f"a candidate: consent {one} had ended")]


def test_a_candidate_consented_before(broken: Broken) -> None:
    log = house()
    probe = grant(log)
    data = {"candidates": [probe + 3]}
    start = under(log, probe, "face.compare.started", data=data)
    under(log, probe, "use.abandoned", data={"start": start})
    assert grant(log) == probe + 3
    what = f"a candidate: consent {probe + 3} is not earlier"
    assert broken(log) == [(start, what)]


@pytest.mark.parametrize(
    ("candidates", "what"),
    [
        ("12", "candidates that are no list"),
        (12, "candidates that are no list"),
        (None, "candidates that are no list"),
        (["2"], "a candidate that is no number"),
        ([True], "a candidate that is no number"),
        ([-2], "a candidate that is no number"),
        ([None], "a candidate that is no number"),
    ],
)
def test_candidates_are_numbers(candidates: object, what: str, broken: Broken) -> None:
    log = house()
    seq = under(log, grant(log), "contact.viewed", data={"candidates": candidates})
    assert broken(log) == [(seq, what)]


@pytest.mark.parametrize(
    "kind", ["face.enrolled", "capture.discarded", "gate.refused", "use.abandoned"]
)
def test_a_start_may_end_in_every_way(kind: str, sound: Sound) -> None:
    log = house()
    consent = grant(log)
    under(log, consent, kind, data={"start": capture(log, consent)})
    later(log)
    sound(log)


def test_a_start_is_open_for_five_minutes_at_most(broken: Broken, sound: Sound) -> None:
    log = house()
    start = capture(log, grant(log))
    later(log, 300)
    sound(log)
    later(log, 0.001)
    assert broken(log) == [(start, "a start without an end")]


def test_a_start_has_one_end(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    start = capture(log, consent)
    under(log, consent, "capture.discarded", data={"start": start})
    end = under(log, consent, "use.abandoned", data={"start": start})
    what = f"ends {start}, which is no start or has its end already"
    assert broken(log) == [(end, what)]


@pytest.mark.parametrize("kind", ["capture.discarded", "gate.refused", "face.enrolled"])
def test_what_ends_names_a_start(kind: str, broken: Broken) -> None:
    log = house()
    consent = grant(log)
    end = under(log, consent, kind, data={"start": consent})
    what = f"ends {consent}, which is no start or has its end already"
    assert broken(log) == [(end, what)]
    log.edit(end, data={"start": end})
    assert broken(log) == [(end, "an end that names no earlier start")]
    log.edit(end, data={"start": "3"})
    assert broken(log) == [(end, "an end that names no earlier start")]


@pytest.mark.parametrize(
    "kind", ["capture.discarded", "face.enrolled", "use.abandoned"]
)
def test_only_a_refusal_may_end_nothing(
    kind: str, broken: Broken, sound: Sound
) -> None:
    log = house()
    consent = grant(log)
    under(log, consent, "gate.refused", data={"start": None})
    under(log, consent, "gate.refused")
    sound(log)
    end = under(log, consent, kind, data={"start": None})
    assert broken(log) == [(end, "an end that names no earlier start")]
    log.edit(end, data_drop=["start"])
    assert broken(log) == [(end, "an end that names no earlier start")]


@pytest.mark.parametrize(
    "different", [{"subject": ANOTHER}, {"purpose": "contact"}, {"consent": None}]
)
def test_an_end_is_of_the_starts_own(different: dict[str, Any], broken: Broken) -> None:
    log = house()
    consent = grant(log)
    start = capture(log, consent)
    end = under(log, consent, "gate.refused", data={"start": start}, **different)
    what = f"another consent, subject or purpose than its start {start}"
    assert broken(log) == [(end, what)]


def test_an_enrolment_does_not_end_a_comparison(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    start = under(log, consent, "face.compare.started", data={"candidates": []})
    end = under(log, consent, "face.enrolled", data={"start": start})
    assert broken(log) == [(end, f"its start {start} is of the other kind")]


def key_missing(consent: int) -> str:
    return f"no key.destroyed of consent {consent} in time after its end"


def template_missing(consent: int) -> str:
    return f"no face.template.destroyed of consent {consent} in time after its end"


def test_a_key_dies_in_the_stated_time(broken: Broken, sound: Sound) -> None:
    log = house()
    consent = grant(log)
    end = withdrawn(log, consent, destroyed=False)
    under(log, consent, "key.destroyed", after=600_000)
    later(log)
    sound(log)
    log.edit(end + 1, at=log.event(end)["at"].replace("01:00:03.000", "01:10:03.001"))
    assert broken(log) == [(end, key_missing(consent))]


def test_a_key_that_never_dies_is_found(broken: Broken, sound: Sound) -> None:
    log = house()
    consent = grant(log)
    end = withdrawn(log, consent, destroyed=False)
    later(log, 600)
    sound(log)
    later(log, 0.001)
    assert broken(log) == [(end, key_missing(consent))]


def test_a_key_that_died_before_does_not_count(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    under(log, consent, "key.destroyed")
    end = withdrawn(log, consent, destroyed=False)
    later(log)
    assert broken(log) == [(end, key_missing(consent))]


def test_a_template_dies_in_the_stated_time(broken: Broken, sound: Sound) -> None:
    log = house()
    consent = grant(log)
    enrolled(log, consent)
    end = withdrawn(log, consent)
    gone = under(log, consent, "face.template.destroyed", after=599_000)
    later(log)
    sound(log)
    log.edit(gone, at="2026-03-02T01:10:05.001Z")
    assert broken(log) == [(end, template_missing(consent))]
    log.edit(gone, type="staff.signed_in")
    assert broken(log) == [(end, template_missing(consent))]


def test_a_template_that_was_gone_need_not_go_again(
    sound: Sound, broken: Broken
) -> None:
    log = house()
    consent = grant(log)
    enrolled(log, consent)
    under(log, consent, "face.template.destroyed")
    end = withdrawn(log, consent)
    later(log)
    sound(log)
    log = house()
    consent = grant(log)
    enrolled(log, consent)
    under(log, consent, "face.template.destroyed")
    enrolled(log, consent)
    end = withdrawn(log, consent)
    later(log)
    assert broken(log) == [(end, template_missing(consent))]


def test_both_missing_are_both_told(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    enrolled(log, consent)
    end = withdrawn(log, consent, destroyed=False)
    later(log)
    assert broken(log) == [
        (end, key_missing(consent)),
        (end, template_missing(consent)),
    ]


def test_many_ends_at_one_moment_are_all_judged(broken: Broken) -> None:
    log = house()
    consents = [grant(log, after=0) for _ in range(1500)]
    for consent in consents:
        withdrawn(log, consent, destroyed=consent != 700, after=0)
    later(log)
    (found,) = broken(log)
    assert found[1] == key_missing(700)


def test_a_deadline_beyond_the_calendar_is_not_judged(sound: Sound) -> None:
    log = house()
    log.edit(1, at="9999-12-31T23:59:59.000Z")
    consent = grant(log, data={"destroy_s": 86_400}, after=0)
    withdrawn(log, consent, destroyed=False, after=0)
    sound(log)
