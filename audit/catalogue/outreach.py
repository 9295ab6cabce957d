"""Kinds about other people's lists, and about messages and calls."""

from __future__ import annotations

from audit.catalogue.checks import (
    Kind,
    hex64,
    medium,
    nullable,
    one_of,
    rows,
    seq,
    time,
    token,
    uuid,
)

OUTREACH: dict[str, Kind] = {
    # `document` is the hash of the contract, `sha256` that of the file.
    "list.received": Kind(
        "pipl-9-10",
        {
            "list": uuid,
            "supplier": token,
            "document": nullable(hex64),
            "sha256": hex64,
            "rows": rows,
            "until": nullable(time),
        },
    ),
    "list.quarantined": Kind(
        "pipl-9-10",
        {
            "list": uuid,
            "rows": rows,
            "reason": one_of(
                "provenance",
                "consent",
                "contract",
                "assessment",
                "sample",
                "suppressed",
            ),
        },
    ),
    "list.released": Kind("pipl-9-10", {"list": uuid, "rows": rows}),
    "list.purged": Kind(
        "pipl-9-10",
        {
            "list": uuid,
            "rows": rows,
            "reason": one_of("term", "refused", "request", "contract"),
        },
    ),
    # `text` is the hash of the words without the recipient's details.
    "message.allowed": Kind(
        None,
        {"message": uuid, "medium": medium, "text": nullable(hex64)},
        purpose=True,
        use=True,
    ),
    "message.sent": Kind(
        "crpl-29-spam",
        {"message": uuid, "medium": medium, "allowed": seq},
        purpose=True,
    ),
    "message.refused": Kind(
        "crpl-29-spam",
        {
            "message": uuid,
            "medium": medium,
            "reason": one_of(
                "no_consent",
                "ended",
                "restricted",
                "suppressed",
                "stopped",
                "hours",
                "too_often",
                "failed",
            ),
        },
        purpose=True,
    ),
    "suppression.added": Kind(
        "crpl-29-spam",
        {
            "medium": one_of("sms", "call", "all"),
            "reason": one_of("refused", "withdrawn", "complaint", "supplier"),
        },
    ),
}
