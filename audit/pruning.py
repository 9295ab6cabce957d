"""How far back the bodies of a log go."""

from __future__ import annotations

from audit.selectors import event_list


def pruned_before(*, log: str) -> int:
    """Return the number below which bodies were dropped, as the log itself says.

    Grants that later events name are kept even below it.
    """
    swept = event_list(log=log, kind="retention.swept", rows=1)
    return int(swept[0]["data"]["before"]) if swept else 0
