"""Opening another log when a restore has cut the present one short.

The signer remembers a longer log than the database holds, so the present one can
never be signed again. It is closed as it stands. The new one's event 0 names what was
lost, and what stands (rules, assessments, live consents) is written into it again,
so that every later use names a grant of its own log.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from audit import clock
from audit.appending import append, head_lock, numbers_of, tell_time
from audit.catalogue import KINDS
from audit.drafts import Act, Draft
from audit.errors import LogNotRefused
from audit.models import Body, Carried, Head
from audit.selectors import head_find
from audit.signing import refusal_open


def log_renew(
    *,
    act: Act,
    settled: Callable[[], bool],
    standing: Callable[[], Sequence[uuid.UUID]],
) -> str | None:
    """Close the open log, open another one, and return its id.

    One transaction; writers wait for it and go on in the new log.

    Args:
        act: the person who looked at the refusal.
        settled: whether everything that ended has its last event; asked while
            nobody can write.
        standing: the eids of the events that stand, in the order they are written;
            asked likewise.

    Returns:
        None when something is not settled: nothing was changed, settle and try again.

    Raises:
        LogNotRefused: the signer has nothing against the present log.
    """
    with transaction.atomic(durable=True):
        tell_time()
        # Whoever appends holds the head to the end, so nothing is half in either.
        head_lock()
        closing = head_find()
        refusal = refusal_open()
        # Another renewal may have been faster, and its log is not refused.
        if closing is None or refusal is None or refusal.log != closing.log:
            raise LogNotRefused
        if not settled():
            return None
        carry = standing()
        Head.objects.filter(log=closing.log).update(closed_at=clock.now())
        opened = Head.objects.create(
            log=secrets.token_hex(8), operator=closing.operator, clock=closing.clock
        )
        opening = Draft(
            kind="log.opened",
            clause=str(KINDS["log.opened"].clause),
            act=act,
            site=None,
            rules=None,
            data={
                "reason": "restored",
                "prior_log": refusal.signed_log,
                "prior_size": refusal.signed_size,
                "prior_root": refusal.signed_root,
            },
        )
        bodies = _bodies(closing.log, carry)
        again = [_again(bodies[eid], act) for eid in carry]
        append([opening, *again])
        Carried.objects.bulk_create(
            Carried(log=opened.log, prior=eid, eid=draft.eid)
            for eid, draft in zip(carry, again, strict=True)
        )
    return opened.log


def _bodies(
    closing: str, carry: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Mapping[str, Any]]:
    """Return what each event said in the closing log, by the eid that rows name."""
    numbers = numbers_of(log=closing, eids=carry)
    rows = Body.objects.filter(log=closing, seq__in=numbers.values())
    told = {row.seq: json.loads(bytes(row.body)) for row in rows}
    return {eid: told[seq] for eid, seq in numbers.items()}


def _again(body: Mapping[str, Any], act: Act) -> Draft:
    data = dict(body["data"])
    if body["type"] == "consent.granted":
        data["carried"] = body["seq"]
    draft = Draft(
        kind=body["type"],
        clause=body["clause"],
        act=act,
        site=body["site"],
        rules=body["rules"],
        purpose=body["purpose"],
        subject=body["subject"],
        data=data,
    )
    own = body["consent"] is not None
    return replace(draft, consent=draft.ref) if own else draft
