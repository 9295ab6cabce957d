"""Going on in a new log after a restore that lost signed events."""

from __future__ import annotations

import uuid

from audit.drafts import Act
from audit.renewal import log_renew
from consent import gate
from consent.models import Consent, Device, ImpactAssessment, Party, Rules, Site, Use
from consent.services.consents import (
    consents_expire_due,
    consents_expire_keyless,
    keys_destroy_due,
)


def log_go_on(*, act: Act) -> str:
    """Close the log that the signer refused, open another, and return its id.

    What cannot go on is ended in the old log first: open uses, consents past their
    term, and consents whose key was destroyed since the copy was taken. What stands
    (sites, rules in force, assessments, devices, parties, live consents) is written
    into the new one.

    Args:
        act: the person who looked at the refusal and lets it go on.

    Raises:
        LogNotRefused: the signer has nothing against the present log.
    """
    while True:
        gate.abandon_all()
        consents_expire_due()
        consents_expire_keyless()
        keys_destroy_due()
        opened = log_renew(act=act, settled=_settled, standing=_standing)
        if opened is not None:
            return opened


def _settled() -> bool:
    """Tell whether no use is open and no key outlives its consent."""
    return not (
        Use.objects.filter(closed_at=None).exists()
        or Consent.objects.exclude(state="active").filter(key_event=None).exists()
    )


def _standing() -> list[uuid.UUID]:
    """Return the events under which things stand, in the order they were written."""
    sites = Site.objects.order_by("id").values_list("opened_event_id", flat=True)
    rules = Rules.objects.filter(retired_at=None).order_by("published_at", "id")
    assessments = ImpactAssessment.objects.filter(stale_at=None)
    devices = Device.objects.filter(approved_at__isnull=False, revoked_at=None)
    parties = Party.objects.filter(approved_at__isnull=False, ended_at=None)
    consents = Consent.objects.filter(state="active").order_by("granted_at", "id")
    return [
        *sites,
        *rules.values_list("published_event_id", flat=True),
        *assessments.order_by("approved_at", "id").values_list(
            "approved_event_id", flat=True
        ),
        *devices.order_by("approved_at", "id").values_list(
            "approved_event_id", flat=True
        ),
        *parties.order_by("approved_at", "id").values_list(
            "approved_event_id", flat=True
        ),
        *consents.values_list("granted_event_id", flat=True),
    ]
