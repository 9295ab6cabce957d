"""Kinds about consents, their keys, and what ends with them."""

from __future__ import annotations

from audit.catalogue.checks import (
    Kind,
    boolean,
    hex64,
    language,
    nullable,
    number,
    one_of,
    rows,
    seq,
    surface,
    time,
    uuid,
)

CONSENTS: dict[str, Kind] = {
    # `carried`: its number in the log before this one, when a restore opened a new one.
    "consent.granted": Kind(
        None,
        {
            "until": time,
            "destroy_s": number(1, 86_400),
            "language": language,
            "by": one_of("self", "guardian", "supplier"),
            "once": boolean,
            "carried": nullable(seq),
        },
        purpose=True,
    ),
    "consent.refused": Kind(
        None, {"language": language, "surface": surface}, purpose=True
    ),
    "consent.restricted": Kind(
        "pipl-44-46",
        {
            "state": one_of("restricted", "lifted"),
            "reason": one_of("request", "dispute", "preserved"),
        },
        purpose=True,
    ),
    "consent.withdrawn": Kind("pipl-15", {"by": one_of("self", "staff")}, purpose=True),
    "consent.expired": Kind(
        "pipl-19",
        {"reason": one_of("term", "used", "key_missing", "renewed", "site_closed")},
        purpose=True,
    ),
    "key.created": Kind("pipl-51", purpose=True),
    "key.destroyed": Kind("pipl-47", purpose=True),
    # What was kept on another basis than a consent, and is now deleted.
    "data.ended": Kind(
        "pipl-19",
        {
            "what": one_of(
                "visit", "receipt", "referral", "deal", "request", "list", "suppression"
            ),
            "rows": rows,
            "reason": one_of("term", "request", "site_closed"),
        },
        purpose=None,
    ),
    "receipt.issued": Kind("pipl-13-14", {"receipt": uuid, "sha256": hex64}),
    "link.revoked": Kind("pipl-15", {"link": one_of("pass", "page")}),
}
