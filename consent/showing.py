"""What a person was shown before they answered, told to the log by its hash.

The hash commits to the published words of that language, the terms that go with them
and the purposes that were offered, so that anybody who has the published text (it is
in every export) can compute it again: docs/evidence.md says how.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from audit.log import Unit
from consent.models import Rules
from consent.rules import document
from consent.structure import encoded


def shown_sha256(
    *, rules: str, language: str, screen: str, offered: Sequence[str]
) -> str:
    """Return the hash of what one screen showed.

    Args:
        rules: the hash of the published version.
        language: in which it was shown.
        screen: the code of the screen, as in `notice.shown`.
        offered: the purposes that could be said yes to there; their order is none.
    """
    whole = document(sha256=rules)
    shown = {
        "language": language,
        "offered": sorted(offered),
        "rules": rules,
        "screen": screen,
        "terms": whole["purposes"],
        "words": whole["languages"][language],
    }
    return hashlib.sha256(encoded(shown)).hexdigest()


def notice_show(
    *,
    unit: Unit,
    rules: Rules,
    language: str,
    surface: str,
    screen: str,
    offered: Sequence[str],
    order: str | None = None,
) -> None:
    """Tell the log that a screen is shown from now on. Names nobody.

    Args:
        unit: the transaction of the act that leads to the screen.
        rules: the version that is shown.
        language: in which.
        surface: where: phone, kiosk or desk.
        screen: which one.
        offered: the purposes that can be said yes to there.
        order: where the twins stand, on a screen that has them.
    """
    unit.event(
        "notice.shown",
        rules=rules.sha256,
        data={
            "language": language,
            "surface": surface,
            "screen": screen,
            "order": order,
            "sha256": shown_sha256(
                rules=rules.sha256, language=language, screen=screen, offered=offered
            ),
        },
    )
