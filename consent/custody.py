"""Whether every live consent has its key, and the keys their mirror."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.urls import reverse

from audit.say import Say
from consent import keys
from consent.duties import Duty
from consent.models import Consent

AT_ONCE = 500


def consents_keyless() -> Iterator[list[UUID]]:
    """Yield the active consents whose key is gone, some at a time.

    Reads the key of each active consent: for start-up and a slow round.

    Raises:
        KeysUnavailable: the backend does not answer; nothing is known.
    """
    active = Consent.objects.filter(state="active").order_by("id")
    found = iter(list(active.values_list("id", flat=True)))
    while batch := list(islice(found, AT_ONCE)):
        missing = keys.keys_missing(consents=batch)
        if missing:
            yield [one for one in batch if one in missing]


def consents_keyless_count() -> int:
    """Return how many active consents have lost their key.

    Raises:
        KeysUnavailable: the backend does not answer.
    """
    return sum(len(batch) for batch in consents_keyless())


def mirror_duties() -> Iterator[Duty]:
    """Tell the office of a key store whose mirror does not follow."""
    since = keys.mirror_behind_since()
    if since is not None:
        yield Duty(
            title=Say("密钥库的镜像没有跟上", "The key store's mirror does not follow"),
            url=reverse("consent:office"),
            permission="consent.release_stop",
            since=since,
            warn=since,
            detail=Say(
                "撤回照常进行。请管理员检查镜像所在的位置。",
                "Withdrawing goes on. Ask the administrator to look at its folder.",
            ),
        )
