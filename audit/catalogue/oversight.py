"""Kinds about those who look: requests, exports, staff, incidents, the log itself."""

from __future__ import annotations

from audit.catalogue.checks import (
    COUNT_MAX,
    Check,
    Kind,
    boolean,
    hex64,
    many,
    nullable,
    number,
    one_of,
    rows,
    seq,
    site,
    time,
    uuid,
    vkey,
)

_EXPORT: dict[str, Check] = {
    # Null for a pack that the command made without a request.
    "export": nullable(uuid),
    "first": seq,
    "last": seq,
    "redaction": one_of("pseudonymous", "identified"),
    "sites": many(site),
}
_SCOPE = one_of("face", "marketing", "all")
_FILING = one_of("face", "officer", "face_cancel")

OVERSIGHT: dict[str, Kind] = {
    "request.opened": Kind(
        "pipl-44-46",
        {
            "request": uuid,
            "kind": one_of(
                "access",
                "copy",
                "correct",
                "delete",
                "restrict",
                "object",
                "explain",
                "transfer",
                "kin",
                "complaint",
            ),
            "due": time,
        },
    ),
    "request.answered": Kind(
        "pipl-48-50",
        {
            "request": uuid,
            "outcome": one_of("granted", "partly", "refused"),
            "reason": nullable(
                one_of("not_held", "not_shown", "law", "others_rights", "repeated")
            ),
        },
    ),
    "export.requested": Kind("crpl-29-secrecy", dict(_EXPORT)),
    "export.approved": Kind("crpl-29-secrecy", dict(_EXPORT)),
    "export.made": Kind("crpl-29-secrecy", {**_EXPORT, "manifest": hex64}),
    "log.read": Kind(
        "psv-16",
        {
            "rows": number(0, 100_000),
            "view": one_of("list", "story", "open", "day", "file", "request"),
        },
    ),
    "staff.signed_in": Kind("pipl-51"),
    "staff.refused": Kind("pipl-51"),
    "stop.on": Kind(
        "spc-9",
        {
            "scope": _SCOPE,
            "reason": one_of("authority", "court", "incident", "operator"),
        },
    ),
    "stop.off": Kind("spc-9", {"scope": _SCOPE, "stop": seq}),
    # `until`: the end of the last working day; null for a notice ahead of the task.
    "filing.due": Kind(
        "frm-15-file",
        {
            "filing": uuid,
            "kind": _FILING,
            "step": one_of("notice", "task"),
            "count": rows,
            "until": nullable(time),
        },
    ),
    # `days`: how many days after it fell due the authority received it.
    "filing.made": Kind(
        "frm-15-file",
        {"filing": uuid, "kind": _FILING, "days": number(0, 10_000)},
    ),
    "incident.opened": Kind(
        "pipl-57",
        {
            "incident": uuid,
            "kind": one_of("leak", "altered", "lost", "intrusion", "signer", "device"),
            "persons": nullable(rows),
        },
    ),
    "incident.closed": Kind(
        "pipl-57",
        {
            "incident": uuid,
            "outcome": one_of("confirmed", "unfounded"),
            "persons_told": boolean,
            "authority_told": boolean,
        },
    ),
    "retention.swept": Kind(
        "pipl-55-56", {"before": seq, "bodies": number(0, COUNT_MAX)}
    ),
    # `size` is the log's in the backup, `consents` how many ended with it.
    "backup.restored": Kind(
        "ndr-9-11", {"taken_at": nullable(time), "size": seq, "consents": rows}
    ),
    "signer.rotated": Kind("pipl-55-56", {"old": vkey, "new": vkey}),
    "signer.refused": Kind(
        "pipl-55-56",
        {
            "reason": one_of("shrank", "forked", "other_log"),
            "signed_size": seq,
            "signed_root": hex64,
            "found_size": seq,
            "found_root": nullable(hex64),
        },
    ),
    "proof.run": Kind(
        "pipl-54",
        {"size": seq, "checks": number(0, 10_000), "violations": rows},
    ),
    "clock.behind": Kind("pipl-55-56", {"behind_ms": number(0, COUNT_MAX)}),
}
