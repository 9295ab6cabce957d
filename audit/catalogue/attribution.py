"""Kinds about referrals, visits, decisions, deals and who is one customer."""

from __future__ import annotations

from audit.catalogue.checks import (
    Check,
    Kind,
    boolean,
    fen,
    hex64,
    many,
    nullable,
    one_of,
    seq,
    staff,
    subject,
    time,
    token,
    uuid,
)

_OUTCOME = one_of("channel", "walk_in", "review", "none")
_DECISION: dict[str, Check] = {
    "visit": uuid,
    "outcome": _OUTCOME,
    "channel": nullable(token),
    "referral": nullable(uuid),
    "version": token,
}

ATTRIBUTION: dict[str, Kind] = {
    # By the event's act; who wrote it is another person. `prior` was in force then.
    "attribution.published": Kind(
        "pipl-24",
        {
            "version": token,
            "sha256": hex64,
            "prior": nullable(token),
            "author": staff,
            "effective_from": time,
        },
    ),
    "referral.announced": Kind(
        "pipl-23",
        {
            "referral": uuid,
            "channel": token,
            "agent": token,
            "masked": boolean,
            "consent_proof": boolean,
        },
    ),
    "referral.shown": Kind(None, {"referral": uuid}, purpose=True),
    # Asked after the visit, the same of everybody; no channel's name stands here.
    "referral.answered": Kind(
        None,
        {
            "visit": uuid,
            "answer": one_of("confirmed", "denied", "unsaid"),
            "referrals": many(uuid),
        },
        purpose=True,
    ),
    "referral.voided": Kind(
        "pipl-24",
        {
            "referral": uuid,
            "reason": one_of(
                "late",
                "already_visited",
                "expired",
                "blocked",
                "owned",
                "quota",
                "unconfirmed",
                "denied",
                "retracted",
            ),
        },
        purpose=None,
    ),
    "visit.recorded": Kind(
        "pipl-5-6",
        {
            "visit": uuid,
            "verified_by": one_of("pass", "otp", "qr", "phone", "face", "staff"),
        },
        purpose=None,
    ),
    "visit.ended": Kind(
        "pipl-5-6",
        {"visit": uuid, "reason": one_of("left", "day_closed", "mistaken")},
        purpose=None,
    ),
    # What a person did by hand where the machine would have.
    "desk.override": Kind(
        "frm-10",
        {
            "visit": nullable(uuid),
            "what": one_of("check_in", "match", "verified_by", "turn"),
            "reason": one_of(
                "no_phone", "no_code", "not_recognised", "assisted", "kiosk_down"
            ),
        },
        purpose=None,
    ),
    "decision.made": Kind("pipl-24", dict(_DECISION), purpose=True, use=True),
    "decision.revised": Kind(
        "pipl-24",
        {
            **_DECISION,
            "revises": seq,
            "reason": one_of(
                "confirmed",
                "denied",
                "new_number",
                "family",
                "merged",
                "unmerged",
                "face_link",
                "face_withdrawn",
                "deal",
                "ruling",
            ),
        },
        purpose=True,
        use=True,
    ),
    "dispute.opened": Kind(
        "pipl-24", {"dispute": uuid, "visit": uuid, "channel": token}, purpose=None
    ),
    # `reasons` is the hash of the ruling's text, which its parties can read.
    "dispute.ruled": Kind(
        "pipl-24",
        {
            "dispute": uuid,
            "visit": uuid,
            "outcome": one_of("channel", "walk_in"),
            "channel": nullable(token),
            "reasons": hex64,
        },
        purpose=None,
    ),
    "deal.recorded": Kind(
        "pipl-13-14",
        {
            "deal": uuid,
            "visit": nullable(uuid),
            "stage": one_of("intent", "subscribed", "signed", "paid", "cancelled"),
        },
        purpose=None,
    ),
    "commission.held": Kind(
        "pipl-24",
        {
            "commission": uuid,
            "deal": uuid,
            "channel": token,
            "amount": fen,
            "reason": one_of("stage", "review", "dispute"),
        },
    ),
    "commission.settled": Kind(
        "pipl-24",
        {
            "commission": uuid,
            "deal": uuid,
            "channel": token,
            "amount": fen,
            "state": one_of("due", "paid", "clawed_back", "void"),
        },
    ),
    # The event's subject is the one that stays, `other` the one that joins it.
    "subject.merged": Kind(
        "pipl-7-8",
        {
            "other": subject,
            "reason": one_of("visitor", "phone", "new_number", "staff"),
        },
    ),
    "subject.unmerged": Kind("pipl-7-8", {"other": subject, "merged": seq}),
}
