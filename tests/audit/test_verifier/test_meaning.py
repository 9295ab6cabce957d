"""Each rule of the log, broken once and sealed with the real key."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit.verifier import USES, Result
from tests.audit.test_verifier.scenes import (
    ANOTHER,
    FAR,
    NEWER,
    RULES,
    capture,
    compared,
    enrolled,
    grant,
    house,
    later,
    publish,
    under,
    withdrawn,
)

Broken = Callable[..., list[tuple[int, str]]]
Sound = Callable[..., Result]
PLAIN_USES = sorted(
    USES
    - {b"capture.started", b"face.enrolled", b"face.compare.started", b"face.compared"}
)


def test_a_whole_story_keeps_every_rule(sound: Sound) -> None:
    log = house()
    face, contact = grant(log), grant(log, "contact")
    channel = grant(log, "attribution")
    under(log, face, "key.created")
    under(log, contact, "contact.collected", data={"commit": RULES})
    enrolled(log, face)
    under(log, channel, "decision.made", data={"outcome": "channel", "channel": "ch-7"})
    probe = grant(log, subject=ANOTHER)
    compared(log, probe, face)
    withdrawn(log, probe)
    withdrawn(log, contact)
    under(log, face, "consent.expired")
    under(log, face, "face.template.destroyed")
    under(log, face, "key.destroyed")
    log.add("decision.made", site="c-1", data={"outcome": "walk_in"})
    later(log)
    assert sound(log).events == len(log.bodies)


@pytest.mark.parametrize("kind", PLAIN_USES)
def test_every_use_needs_a_consent(kind: bytes, broken: Broken, sound: Sound) -> None:
    log = house()
    consent = grant(log)
    use = under(log, consent, kind.decode())
    sound(log)
    log.edit(use, consent=None)
    assert broken(log) == [(use, "a use that names no consent")]


@pytest.mark.parametrize("kind", ["decision.made", "decision.revised"])
def test_a_decision_for_a_channel_is_a_use(kind: str, broken: Broken) -> None:
    log = house()
    use = log.add(kind, data={"outcome": "channel"})
    assert broken(log) == [(use, "a use that names no consent")]


@pytest.mark.parametrize("outcome", ["walk_in", "review", "none"])
def test_another_decision_needs_no_consent(outcome: str, sound: Sound) -> None:
    log = house()
    log.add("decision.made", data={"outcome": outcome})
    consent = grant(log, "attribution")
    under(log, consent, "decision.made", data={"outcome": outcome})
    sound(log)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", ANOTHER),
        ("purpose", "contact"),
        ("rules", NEWER),
        ("site", "c-2"),
        ("subject", None),
        ("purpose", None),
        ("site", None),
    ],
)
def test_a_use_is_of_the_consents_own(
    name: str, value: str | None, broken: Broken
) -> None:
    log = house()
    publish(log, 2)
    consent = grant(log, rules=RULES)
    use = under(log, consent, "contact.viewed", **{name: value})
    assert broken(log) == [(use, f"a use: another {name} than consent {consent}")]


def test_a_use_comes_after_its_consent(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    under(log, consent, "contact.viewed", consent=consent + 1)
    log.edit(consent + 1, type="contact.viewed")
    assert broken(log) == [
        (consent + 1, f"a use: consent {consent + 1} is not earlier"),
    ]


def test_a_use_names_a_consent_and_nothing_else(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    use = under(log, consent, "contact.viewed", consent=1)
    assert broken(log) == [(use, "a use: consent 1 is no such consent")]


@pytest.mark.parametrize("kind", ["consent.withdrawn", "consent.expired"])
def test_no_use_after_the_end(kind: str, broken: Broken) -> None:
    log = house()
    consent = grant(log)
    under(log, consent, kind)
    use = under(log, consent, "contact.viewed")
    under(log, consent, "key.destroyed")
    again = under(log, consent, "contact.viewed")
    assert broken(log) == [
        (use, f"a use: consent {consent} had ended"),
        (again, f"a use: consent {consent} had ended"),
    ]


def test_no_use_from_the_last_moment_on(broken: Broken, sound: Sound) -> None:
    log = house()
    at = "2026-03-02T02:00:00.000Z"
    consent = grant(log, data={"until": at})
    under(log, consent, "contact.viewed", at="2026-03-02T01:59:59.999Z")
    sound(log)
    use = under(log, consent, "contact.viewed", at=at)
    assert broken(log) == [(use, f"a use: consent {consent} was over by its term")]


def test_a_grant_names_itself(broken: Broken) -> None:
    log = house()
    first = grant(log)
    consent = grant(log, consent=first)
    assert broken(log) == [(consent, "a grant that does not name itself")]
    log.edit(consent, consent=None)
    assert broken(log) == [(consent, "a grant that does not name itself")]


@pytest.mark.parametrize(
    "until",
    [
        None,
        7,
        "soon",
        "2026-02-30T00:00:00.000Z",
        "2026-03-02T24:00:00.000Z",
        "2026-03-02T01:00:00Z",
        [FAR],
    ],
)
def test_a_grant_has_a_term(until: object, broken: Broken) -> None:
    log = house()
    consent = grant(log, data={"until": until})
    assert broken(log) == [(consent, "a grant without a moment `until`")]


def test_a_grant_without_any_term_is_found(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    log.edit(consent, data_drop=["until", "destroy_s"])
    assert [seq for seq, _ in broken(log)] == [consent, consent]


@pytest.mark.parametrize("seconds", [0, -1, 86_401, "600", True, None, [600]])
def test_a_grant_says_in_what_time_it_destroys(seconds: object, broken: Broken) -> None:
    log = house()
    consent = grant(log, data={"destroy_s": seconds})
    assert broken(log) == [(consent, "a grant without `destroy_s` from 1 to 86400")]


@pytest.mark.parametrize("seconds", [1, 86_400])
def test_both_bounds_of_that_time_are_allowed(seconds: int, sound: Sound) -> None:
    log = house()
    grant(log, data={"destroy_s": seconds})
    sound(log)


def test_time_never_falls(broken: Broken, sound: Sound) -> None:
    log = house()
    later(log, 0)
    sound(log)
    seq = log.add("staff.signed_in", at="2026-03-02T00:59:59.999Z")
    assert broken(log) == [(seq, "its time is before the event before it")]


def test_the_rules_may_be_null_only_before_the_first(broken: Broken) -> None:
    log = house()
    seq = log.add("staff.signed_in", rules=None)
    assert broken(log) == [(seq, "no rules, though some were published")]


def test_each_rules_hash_has_its_text(broken: Broken) -> None:
    log = house()
    publish(log, 2)
    later(log)
    del log.documents[NEWER]
    assert broken(log) == [(2, f"no text rules/{NEWER}.json")]


def test_published_rules_have_their_text(broken: Broken) -> None:
    log = house()
    seq = log.add("rules.published", data={"sha256": NEWER, "prior": None})
    del log.documents[NEWER]
    assert broken(log) == [(seq, f"no text rules/{NEWER}.json")]


@pytest.mark.parametrize(
    "kind", ["consent.withdrawn", "consent.expired", "key.created", "key.destroyed"]
)
def test_what_belongs_to_a_consent_names_one(kind: str, broken: Broken) -> None:
    log = house()
    consent = grant(log)
    seq = under(log, consent, kind, consent=1)
    assert broken(log) == [(seq, "event 1 is no consent.granted")]
    log.edit(seq, consent=seq)
    assert broken(log) == [(seq, f"consent {seq} is not earlier")]


@pytest.mark.parametrize(
    "kind",
    [
        "consent.withdrawn",
        "consent.expired",
        "key.created",
        "key.destroyed",
        "face.template.destroyed",
    ],
)
def test_an_end_names_what_it_ends(kind: str, broken: Broken) -> None:
    log = house()
    seq = under(log, grant(log), kind, consent=None)
    assert broken(log) == [(seq, "names no consent")]


def test_a_second_end_is_not_judged(sound: Sound) -> None:
    log = house()
    consent = grant(log)
    withdrawn(log, consent)
    under(log, consent, "consent.expired")
    later(log)
    sound(log)


def test_nothing_is_decided_anew_after_the_consent_ended(broken: Broken) -> None:
    log = house()
    consent = grant(log, "attribution")
    withdrawn(log, consent)
    seq = under(log, consent, "decision.revised", data={"outcome": "walk_in"})
    under(log, consent, "dispute.ruled", data={"outcome": "upheld"})
    found = f"decided anew after consent {consent} had ended"
    assert broken(log) == [(seq, found)]
    log.edit(seq, consent=1)
    assert broken(log) == [(seq, "event 1 is no consent.granted")]


def test_nor_when_only_the_consent_says_that_it_was_attribution(
    broken: Broken,
) -> None:
    log = house()
    consent = grant(log, "attribution")
    first = later(log, 1)
    withdrawn(log, consent)
    for purpose in (None, "contact"):
        data = {"outcome": "review"}
        under(log, consent, "decision.made", purpose=purpose, data=data)
    seq = log.find("decision.made")
    what = f"decided anew after consent {consent} had ended"
    assert broken(log) == broken(log, first=first) == [(seq, what), (seq + 1, what)]


def test_an_end_is_remembered_when_the_grant_is_from_outside(broken: Broken) -> None:
    log = house()
    consent = grant(log, "attribution")
    first = later(log, 1)
    withdrawn(log, consent)
    seq = under(log, consent, "decision.revised", data={"outcome": "walk_in"})
    what = f"decided anew after consent {consent} had ended"
    assert broken(log, first=first) == [(seq, what)]
    log.edit(seq, data={"outcome": "channel"})
    what = f"a use: consent {consent} had ended"
    assert broken(log, first=first) == [(seq, what)]


@pytest.mark.parametrize("purpose", ["contact", "face.attribution"])
def test_the_end_of_another_consent_forbids_no_decision(
    purpose: str, sound: Sound, broken: Broken
) -> None:
    log = house()
    consent = grant(log, purpose)
    first = later(log, 1)
    withdrawn(log, consent)
    seq = under(log, consent, "decision.revised", data={"outcome": "walk_in"})
    sound(log)
    sound(log, first=first)
    log.edit(seq, data={"outcome": "channel"})
    assert broken(log) == [(seq, f"a use: consent {consent} had ended")]


@pytest.mark.parametrize("name", ["purpose", "subject"])
def test_a_grant_is_somebodys_and_for_something(name: str, broken: Broken) -> None:
    log = house()
    consent = grant(log)
    use = under(log, consent, "contact.viewed")
    for seq in (consent, use):
        log.edit(seq, **{name: None})
    assert broken(log) == [
        (consent, "a grant of nobody or for no purpose"),
        (use, "a use: it names no subject or no purpose"),
    ]
    assert [seq for seq, _ in broken(log, first=use)] == [consent, use]


def test_an_unknown_kind_is_reported_and_not_judged(sound: Sound) -> None:
    log = house()
    log.add("tea.served", consent=1, data={"start": 9, "candidates": ["x"]})
    log.add("tea.served")
    assert sound(log).unknown_kinds == {"tea.served": 2}


def test_a_story_without_the_rest_of_its_log_cannot_be_told(broken: Broken) -> None:
    log = house()
    consent = grant(log)
    start = capture(log, consent)
    log.drop(consent)
    assert [seq for seq, _ in broken(log)] == [start - 1]
