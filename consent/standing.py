"""What decides whether a face may be used at a site now, as one statement read it.

The gate asks for all of it in each of its transactions. Nothing here is kept: a reading
is handed on inside the transaction that made it, and the next makes its own.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from audit import clock
from consent.assessments import allowed
from consent.methods import names_it
from consent.models import Consent, Kiosk, Site
from consent.purposes import FACE
from consent.rules import MATCHING_UNSTATED, purpose_words, terms, within
from consent.stops import stop_scopes


@dataclass(frozen=True, slots=True)
class Standing:
    """How a site, a kiosk and some consents stood at one moment.

    Attributes:
        purpose: what for.
        rules: the hash of the rules in force; None while none are published.
        assessment: code and hash of the approved, current assessment that covers the
            purpose, whatever method it was made for; None without one.
        stopped: the stop switch is on for the purpose.
        camera: the kiosk has an approved, current camera.
        outdated: of the versions of the rules that the consents stand under, those of
            which a later one changed what they said of the purpose.
        capture: the use that was asked for still has its capture session.
    """

    purpose: str
    rules: str | None
    assessment: tuple[str, str] | None
    stopped: bool
    camera: bool
    outdated: frozenset[uuid.UUID]
    capture: bool

    def assessed(self) -> bool:
        """Tell whether the purpose is assessed; see `selectors.assessment_live`."""
        if self.assessment is None:
            return False
        return self.purpose not in FACE or (
            self.rules is not None
            and method_published(sha256=self.rules, purpose=self.purpose)
        )

    def allows(self, matching: str) -> bool:
        """Tell whether a face may be compared as widely as this.

        By the rules in force and by the current assessment, whichever is narrower.

        Args:
            matching: one of `consent.rules.MATCHING`.
        """
        if self.rules is None or self.assessment is None or not self.assessed():
            return False
        code, sha256 = self.assessment
        found = allowed(code=code, sha256=sha256, purposes=[self.purpose])
        most = found.terms[self.purpose].get("matching", MATCHING_UNSTATED)
        said = _terms(self.rules, self.purpose).get("matching")
        return within(matching, said) and within(matching, most)

    def bars(self, consent: Consent) -> str | None:
        """Tell why one of the consents may not be used now (`barred`)."""
        return barred(consent, outdated=consent.rules_id in self.outdated)


def standing_read(
    *,
    site: Site,
    purpose: str,
    consents: Iterable[Consent] = (),
    kiosk: Kiosk | None = None,
    use: uuid.UUID | None = None,
) -> Standing:
    """Read, in one statement, what decides about a use now.

    Before a use is written it MUST be read inside its transaction, after the site is
    held (`stops.site_share`) and the consents are locked: a statement sees what was
    committed when it began, so not what it waited for.

    Args:
        site: where.
        purpose: what for.
        consents: whose rules may be outdated; of no others it can be told (`bars`).
        kiosk: whose camera; without one it has none.
        use: whose capture session; without one there is none.
    """
    now, covers = clock.now(), json.dumps([purpose])
    with connection.cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "site": site.id,
                "covers": covers,
                "now": now,
                "scopes": stop_scopes(purpose=purpose),
                "kiosk": kiosk.id if kiosk else None,
                "kinds": cameras_filming(),
                "under": list({one.rules_id for one in consents}),
                "use": use,
            },
        )
        rules, assessment, stopped, camera, outdated, capture = cursor.fetchone()
    return Standing(
        purpose=purpose,
        rules=rules,
        assessment=tuple(assessment) if assessment else None,
        stopped=stopped,
        camera=camera,
        outdated=frozenset(outdated),
        capture=capture,
    )


_READ = """
SELECT
  (SELECT sha256 FROM consent_rules
    WHERE site_id = %(site)s AND retired_at IS NULL
    ORDER BY published_at DESC, id DESC LIMIT 1),
  (SELECT ARRAY[code::text, sha256::text] FROM consent_impactassessment
    WHERE site_id = %(site)s AND stale_at IS NULL AND until > %(now)s
      AND purposes @> %(covers)s::jsonb
    ORDER BY approved_at DESC LIMIT 1),
  EXISTS (SELECT FROM consent_stop
    WHERE site_id = %(site)s AND scope = ANY(%(scopes)s) AND off_at IS NULL),
  EXISTS (SELECT FROM consent_device
    WHERE kiosk_id = %(kiosk)s::uuid AND kind = ANY(%(kinds)s)
      AND approved_at IS NOT NULL AND revoked_at IS NULL
      AND (until IS NULL OR until > %(now)s)),
  ARRAY(SELECT id FROM consent_rules old
    WHERE id = ANY(%(under)s::uuid[])
      AND EXISTS (SELECT FROM consent_rules later
        WHERE later.site_id = old.site_id AND later.published_at > old.published_at
          AND later.material @> %(covers)s::jsonb)),
  EXISTS (SELECT FROM consent_capturesession WHERE use_id = %(use)s::uuid)
"""


def method_published(*, sha256: str, purpose: str) -> bool:
    """Tell whether published rules name the method that compares a face here."""
    words = purpose_words(sha256=sha256, purpose=purpose)
    said = _terms(sha256, purpose)
    return all(names_it(one, matching=said.get("matching")) for one in words)


def barred(consent: Consent, *, outdated: bool) -> str | None:
    """Return why a live consent may not be used now, as the log names it, or None.

    Args:
        consent: what hangs on it is kept all the same; it can be withdrawn and expires.
        outdated: a later version changed what its rules said of its purpose.
    """
    if consent.restricted_at is not None:
        return "restricted"
    return "rules_changed" if outdated else None


def cameras_filming() -> list[str]:
    """Return the kinds of cameras that can film here.

    Where the settings name no camera of this machine there is none of that kind, and
    what was approved for it is no leave for another.
    """
    return ["browser"] if settings.LOCAL_CAMERA is None else ["browser", "local"]


def _terms(sha256: str, purpose: str) -> Mapping[str, Any]:
    return terms(sha256=sha256, purpose=purpose) or {}
