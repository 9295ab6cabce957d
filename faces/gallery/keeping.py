"""Those who may be searched at a site, as its live consents say; in memory only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet

from audit import clock
from audit.selectors import event_seqs, log_current
from consent.errors import KeyMissing
from consent.gate import EVERYBODY
from consent.generations import Gallery, gallery_hash, generation_of
from consent.models import Consent, Rules, Site
from consent.purposes import Purpose
from consent.selectors import LEAST_LEFT, rules_outdated, sites
from consent.standing import standing_read
from faces.matching import MODEL, Embedding
from faces.matrix import Matrix
from faces.models import FaceTemplate
from faces.templates import template_open

PURPOSE = Purpose.FACE_CHECKIN
AT_ONCE = 500


@dataclass(frozen=True)
class Row:
    """One person of a gallery: consent, grant's number, end (seconds), and template."""

    consent: UUID
    number: int
    until: float
    template: UUID


class Keeper:
    """The gallery of one site, made anew whenever its generation is another."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.matrix: Matrix[Row] = Matrix()
        self._state: tuple[str | None, int] = None, -1
        self._ends = np.empty(0)
        self._named: tuple[int, str] | None = None

    def refresh(self) -> None:
        """Hold those who may be searched as of the last commit, and nobody else."""
        if (log_current(), generation_of(site=self.site)) == self._state:
            return
        # One state of all tables, and the generation of that state.
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            state = log_current(), generation_of(site=self.site)
            if state[0] != self._state[0]:
                # In another log the grants have other numbers.
                self.matrix.clear()
            held = {(row.consent, row.template): row for row in self.matrix.names}
            wanted = _standing(self.site)
            more = _rows(self.site, {key: wanted[key] for key in wanted.keys() - held})
            self.matrix.change(
                keep=[row for key, row in held.items() if key in wanted],
                more=dict(more),
            )
        self._state, self._named = state, None
        self._ends = np.array([row.until for row in self.matrix.names])

    def standing(self) -> Gallery:
        """Return those whose consent is not over by its term."""
        return self._gallery(self._within_terms())

    def search(self, probe: Embedding) -> tuple[Gallery, UUID | None, float | None]:
        """Return who was compared, the most alike of them, and the score."""
        among = self._within_terms()
        found = self.matrix.best(probe, among=among)
        if found is None:
            return self._gallery(among), None, None
        place, score = found
        return self._gallery(among), self.matrix.names[place].consent, score

    def drop(self) -> None:
        """Forget everybody."""
        self.matrix.clear()
        self._state, self._ends, self._named = (None, -1), np.empty(0), None

    def _within_terms(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return self._ends > (clock.now() + LEAST_LEFT).timestamp()

    def _gallery(self, among: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Gallery:
        count = int(among.sum())
        # Terms only run out: as many as before are the same as before.
        if self._named is None or self._named[0] != count:
            rows = self.matrix.names
            numbers = [rows[place].number for place in np.flatnonzero(among)]
            self._named = count, gallery_hash(numbers)
        return Gallery(self._state[1], *self._named)


def sites_searched() -> list[Site]:
    """Return the sites where everybody may be searched now, by tap of a visitor."""
    return [site for site in sites() if _may_be_searched(site)]


def _may_be_searched(site: Site) -> bool:
    standing = standing_read(site=site, purpose=PURPOSE)
    return standing.allows(EVERYBODY) and not standing.stopped


def _consents(site: Site) -> QuerySet[Consent]:
    outdated = [
        rules.id
        for rules in Rules.objects.filter(site=site)
        if rules_outdated(rules=rules, purpose=PURPOSE)
    ]
    return Consent.objects.filter(
        site=site,
        purpose=PURPOSE,
        state="active",
        once=False,
        restricted_at=None,
    ).exclude(rules__in=outdated)


def _standing(site: Site) -> dict[tuple[UUID, UUID], UUID]:
    """Return (consent, template) of everybody, with what both hang on."""
    consents = dict(_consents(site).values_list("live", "id"))
    templates = FaceTemplate.objects.filter(
        model=MODEL, live__in=_consents(site).values("live")
    )
    return {
        (consents[live], template): live
        for live, template in templates.values_list("live", "id")
    }


def _rows(
    site: Site, wanted: dict[tuple[UUID, UUID], UUID]
) -> Iterator[tuple[Row, Embedding]]:
    """Open the templates that are not held yet; one whose key is gone is left out."""
    lives = list(wanted.values())
    for first in range(0, len(lives), AT_ONCE):
        yield from _opened(site, lives[first : first + AT_ONCE])


def _opened(site: Site, lives: Sequence[UUID]) -> Iterator[tuple[Row, Embedding]]:
    consents = {one.live: one for one in _consents(site).filter(live__in=lives)}
    eids = [one.granted_event_id for one in consents.values()]
    numbers = event_seqs(eids=eids)
    for stored in FaceTemplate.objects.filter(model=MODEL, live__in=lives):
        consent = consents[stored.live]
        number = numbers.get(consent.granted_event_id)
        if number is None:
            continue
        try:
            embedding = template_open(consent=consent, template=stored)
        except KeyMissing:
            continue
        row = Row(consent.id, number, consent.until.timestamp(), stored.id)
        yield row, embedding
