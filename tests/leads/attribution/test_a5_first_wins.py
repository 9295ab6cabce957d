"""A5 first wins, A14 nobody, and a moment that does not exist."""

from __future__ import annotations

from tests.leads.attribution.cases import (
    LI,
    WANG,
    ask,
    deal,
    fact,
    lost,
    referral,
    visit,
    won,
)

CAME = visit("t1", "02-25 14:00")


def test_the_earliest_agent_of_a_channel_wins_and_the_other_is_later() -> None:
    decision = ask(
        referral("r2", "02-24 10:00:01", agent="a2"),
        referral("r1", "02-24 10:00"),
        CAME,
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")
    assert decision["agent"] == "B1-agent"
    assert lost(decision) == {"r2": ("A5", "later")}
    assert decision["owned_until"] == "2026-04-26T14:00:00+08:00"


def test_two_channels_in_the_same_instant_are_for_a_person() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"),
        referral("r2", "02-24 10:00", "B2"),
        referral("r3", "02-24 11:00", "B2", agent="a3"),
        CAME,
    )
    assert won(decision) == ("review", None, None, "A5")
    assert lost(decision) == {
        "r1": ("A5", "tie"),
        "r2": ("A5", "tie"),
        "r3": ("A6", "blocked"),
    }
    assert [claim["referral"] for claim in decision["losing"]] == ["r1", "r2", "r3"]


def test_within_one_second_the_earlier_instant_wins() -> None:
    decision = ask(
        referral("r1", "2026-02-24T10:00:00.250+08:00", "B2"),
        referral("r2", "2026-02-24T10:00:00.251+08:00"),
        CAME,
    )
    assert won(decision) == ("channel", "B2", "r1", "A5")
    assert lost(decision) == {"r2": ("A6", "blocked")}


def test_two_agents_of_one_channel_at_the_same_instant_tie_as_well() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"), referral("r2", "02-24 10:00", agent="a2"), CAME
    )
    assert won(decision) == ("review", None, None, "A5")
    assert lost(decision) == {"r1": ("A5", "tie"), "r2": ("A5", "tie")}


def test_the_same_instant_in_two_zones_is_a_tie() -> None:
    decision = ask(
        referral("r1", "2026-02-24T10:00:00+08:00"),
        referral("r2", "2026-02-24T02:00:00Z", "B2"),
        CAME,
    )
    assert lost(decision) == {"r1": ("A5", "tie"), "r2": ("A5", "tie")}


def test_a_void_one_does_not_tie() -> None:
    decision = ask(
        referral("r1", "02-24 10:00"),
        referral("r2", "02-24 10:00", "B2", consent_proof=False),
        CAME,
    )
    assert won(decision) == ("channel", "B1", "r1", "A5")


def test_a_tie_with_an_ambiguous_one_names_each_reason() -> None:
    masked = referral("r2", "02-24 10:00", "B2", phone_masked="138****5678")
    del masked["phone"]
    decision = ask(
        referral("r1", "02-24 10:00"),
        masked,
        CAME,
        visit("t9", "01-05 09:00", "v9", phone="13800005678"),
    )
    assert decision["outcome"] == "review"
    assert lost(decision) == {"r1": ("A5", "tie"), "r2": ("A1", "ambiguous")}


def test_nobody_announced_is_a_walk_in() -> None:
    decision = ask(CAME)
    assert won(decision) == ("walk_in", None, None, "A14")
    assert decision["rules"] == {"referral": None, "visit": "2026-01"}
    assert decision["because"][0]["facts"] == ["t1"]
    assert decision["owned_until"] is None
    assert decision["face_used"] is False


def test_no_visit_and_no_deal_is_none() -> None:
    decision = ask(referral("r1", "02-24 10:00"))
    assert decision == {
        "outcome": "none",
        "channel": None,
        "agent": None,
        "referral": None,
        "clause": None,
        "rules": {"referral": None, "visit": None},
        "owned_until": None,
        "face_used": False,
        "because": [],
        "losing": [],
    }


def test_an_intent_alone_is_none() -> None:
    assert ask(deal("d1", "02-28 11:00", stage="intent"))["outcome"] == "none"


def test_a_referral_known_to_be_theirs_waits_for_the_first_visit() -> None:
    match = fact("m1", "referral_match", "02-24 10:01", referral="r1", visitor="v1")
    decision = ask(referral("r1", "02-24 10:00"), match)
    assert decision["outcome"] == "none"
    assert lost(decision) == {"r1": (None, None)}


def test_a_deal_without_a_visit_is_judged_as_a_visit() -> None:
    match = fact("m1", "referral_match", "02-24 10:01", referral="r1", visitor="v1")
    decision = ask(referral("r1", "02-24 10:00"), match, deal("d1", "02-28 11:00"))
    assert won(decision) == ("channel", "B1", "r1", "A5")
    nobody = ask(deal("d1", "02-28 11:00"))
    assert won(nobody) == ("walk_in", None, None, "A14")


def test_other_peoples_facts_are_ignored() -> None:
    mine = [referral("r1", "02-24 10:00"), CAME]
    alone = ask(*mine)
    others = [
        referral("r8", "02-23 10:00", "B8", phone=LI),
        visit("t8", "02-26 10:00", "v8", phone=LI, surname="李"),
        deal("d8", "02-26 12:00", "v8"),
        fact("c8", "confirmation", "02-26 10:01", referral="r8", answer="denied"),
        fact("u8", "ruling", "03-01 10:00", visitor="v8", dispute="x8",
             outcome="channel", channel="B8"),
        fact("w8", "face_withdrawn", "03-01 10:00", visitor="v8"),
        fact("g8", "contact_change", "03-01 10:00", visitor="v8", old=LI,
             new="13700000000"),
    ]  # fmt: skip
    assert ask(*mine, *others) == alone
    assert WANG not in str(alone)


def test_a_second_visit_is_not_the_referrals_first() -> None:
    # The first visit was under review and nobody has ruled: nobody owns the second.
    decision = ask(
        referral("r1", "02-24 10:00"),
        referral("r2", "02-24 10:00", "B2"),
        CAME,
        visit("t2", "02-27 10:00"),
    )
    assert won(decision) == ("walk_in", None, None, "A14")
    assert lost(decision) == {"r1": (None, None), "r2": (None, None)}
