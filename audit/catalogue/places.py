"""Kinds about the operator, the sites, the rules and the machines."""

from __future__ import annotations

from audit.catalogue.checks import (
    Kind,
    boolean,
    hex64,
    language,
    log_id,
    many,
    nullable,
    one_of,
    purpose,
    rows,
    seq,
    staff,
    surface,
    time,
    token,
    uuid,
)

PLACES: dict[str, Kind] = {
    "log.opened": Kind(
        "pipl-55-56",
        {
            "reason": one_of("first", "restored"),
            "prior_log": nullable(log_id),
            "prior_size": nullable(seq),
            "prior_root": nullable(hex64),
        },
    ),
    "site.opened": Kind("pipl-17-18"),
    # From "approved" on nothing new begins at the site.
    "site.closing": Kind(
        "frm-15-change",
        {"closing": uuid, "step": one_of("asked", "approved", "dropped")},
    ),
    # `report` is the hash of the signed report; `consents`, how many ever were.
    "site.closed": Kind(
        "frm-15-change",
        {"closing": uuid, "report": hex64, "consents": rows, "templates": rows},
    ),
    "rules.published": Kind(
        "crpl-29-rules",
        {
            "sha256": hex64,
            "prior": nullable(hex64),
            "author": staff,
            "material": many(purpose),
        },
    ),
    "rules.retired": Kind(
        "crpl-29-rules",
        {"sha256": hex64, "reason": one_of("replaced", "withdrawn", "site_closed")},
    ),
    "pia.approved": Kind(
        "frm-9",
        {
            "sha256": hex64,
            "until": time,
            "demonstration": boolean,
            "purposes": many(purpose),
            "author": staff,
        },
    ),
    "pia.stale": Kind("frm-9", {"reason": one_of("purpose", "incident", "expired")}),
    "party.asked": Kind("pipl-20-22", {"party": token, "document": hex64}),
    # `document` is the hash of the contract; its number may be somebody's own.
    "party.added": Kind(
        "pipl-20-22",
        {
            "party": token,
            "role": one_of("joint", "processor", "recipient"),
            "document": nullable(hex64),
            "purposes": many(purpose),
            "until": nullable(time),
        },
    ),
    "party.ended": Kind(
        "pipl-20-22",
        {
            "party": token,
            "reason": one_of("term", "terminated"),
            "certificate": nullable(hex64),
        },
    ),
    # A processor has returned or deleted what it held, and certified it.
    "party.closed": Kind("pipl-20-22", {"party": token, "certificate": hex64}),
    "device.asked": Kind("frm-13", {"device": token, "zone": hex64, "sign": hex64}),
    # The hashes of the drawing of what it can see, and of the picture of its sign.
    "device.approved": Kind(
        "frm-13",
        {"device": token, "zone": hex64, "sign": hex64, "until": nullable(time)},
    ),
    "device.revoked": Kind("frm-13", {"device": token}),
    "kiosk.paired": Kind("frm-13", {"kiosk": token}),
    "kiosk.revoked": Kind("frm-13", {"kiosk": token}),
    "kiosk.layout": Kind(
        "frm-10", {"kiosk": token, "order": one_of("face_first", "plain_first")}
    ),
    # `sha256`: of what was shown, so that it can be computed again from the rules.
    "notice.shown": Kind(
        "pipl-17-18",
        {
            "language": language,
            "surface": surface,
            "screen": one_of(
                "form", "face", "compare", "details", "guardian", "paper", "again"
            ),
            "order": nullable(one_of("face_first", "plain_first")),
            "sha256": hex64,
        },
    ),
}
