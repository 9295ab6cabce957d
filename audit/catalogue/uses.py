"""Kinds about uses of personal data: faces, contacts, and what the gate refused."""

from __future__ import annotations

from audit.catalogue.checks import (
    Kind,
    hex64,
    many,
    model,
    nullable,
    number,
    one_of,
    rows,
    score,
    seq,
    token,
)

_EVERYBODY = {"gallery": rows, "gallery_sha256": hex64}
"""In a search of everybody: how many, and the hash of the numbers of their grants."""

USES: dict[str, Kind] = {
    "gate.refused": Kind(
        "crpl-29-lawful",
        {
            "reason": one_of(
                "no_consent",
                "ended",
                "assessment",
                "closed",
                "purpose",
                "subject",
                "kiosk",
                "no_candidate",
                "stop",
                "restricted",
                "device",
                "party",
                "rules_changed",
                "matching",
            ),
            "start": nullable(seq),
        },
        purpose=None,
    ),
    "use.abandoned": Kind("pipl-55-56", {"start": seq}, purpose=True),
    "capture.started": Kind(None, {"model": model}, purpose=True, use=True),
    "capture.discarded": Kind(
        "ndr-23-25",
        {
            "start": seq,
            "reason": one_of(
                "none_found",
                "more_than_one",
                "too_small",
                "too_dark",
                "too_bright",
                "blurred",
                "covered",
                "cut_off",
                "turned_away",
                "not_one_person",
                "presence",
                "invalid",
                "stopped",
                "failed",
            ),
        },
        purpose=True,
    ),
    "face.enrolled": Kind(
        None,
        {"start": seq, "model": model, "frames": number(1, 12)},
        purpose=True,
        use=True,
    ),
    "face.compare.started": Kind(
        None,
        {"candidates": many(seq), "model": model},
        purpose=True,
        use=True,
        otherwise={**_EVERYBODY, "model": model},
    ),
    "face.compared": Kind(
        None,
        {
            "start": seq,
            "candidates": many(seq),
            "model": model,
            "score": nullable(score),
            "verdict": one_of("match", "ask", "no_match"),
        },
        purpose=True,
        use=True,
        # Of everybody only whoever was found is named: one, or nobody.
        otherwise={
            **_EVERYBODY,
            "candidates": many(seq),
            "start": seq,
            "model": model,
            "score": nullable(score),
            "verdict": one_of("ask", "no_match"),
        },
    ),
    "face.template.destroyed": Kind("pipl-47", purpose=True),
    "contact.collected": Kind(None, {"commit": hex64}, purpose=True, use=True),
    "contact.viewed": Kind(
        None,
        {
            "reason": one_of(
                "arrival", "call_back", "correction", "digits", "own_page", "export"
            )
        },
        purpose=True,
        use=True,
    ),
    "contact.corrected": Kind(None, {"commit": hex64}, purpose=True, use=True),
    # `recipient` is the code of a registered channel or party.
    "contact.disclosed": Kind(
        None,
        {
            "recipient": token,
            "what": many(one_of("name", "phone", "visit", "decision", "deal")),
        },
        purpose=True,
        use=True,
    ),
    "contact.erased": Kind("pipl-47", purpose=True),
}
