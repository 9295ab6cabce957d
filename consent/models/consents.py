"""Rules, assessments, subjects, and consent: the key that everything hangs on."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q, Value

from audit.drafts import Ref
from audit.ids import uuid7
from audit.models import Event
from consent.errors import ConsentEnded
from consent.models.drafts import Draft
from consent.models.places import Kiosk, Site

USE_MAX = timedelta(seconds=120)
"""No capture lasts longer."""


def pseudonym() -> str:
    """Return a new random pseudonym: `s_` and 128 random bits in hex."""
    return f"s_{secrets.token_hex(16)}"


class Rules(models.Model):
    """A published version of the rules. Immutable; its bytes lie with the log.

    `material` names the purposes that changed so that no older consent of the site
    covers them (`consent.changes`): what hangs on those is not used any more until
    its person is asked again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    label = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, unique=True)
    published_at = models.DateTimeField()
    published_event = models.ForeignKey(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    retired_at = models.DateTimeField(null=True)
    material = models.JSONField(default=list)
    # Null in versions of before there were drafts; a trigger asks for it since.
    draft = models.OneToOneField(Draft, on_delete=models.PROTECT, null=True)

    def __str__(self) -> str:
        return self.label


class ImpactAssessment(models.Model):
    """An approved assessment (PIA): without a current one, face purposes are shut."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    purposes = models.JSONField(default=list)
    demonstration = models.BooleanField()
    approved_at = models.DateTimeField()
    until = models.DateTimeField()
    approved_event = models.ForeignKey(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    # As in `Rules`.
    draft = models.OneToOneField(Draft, on_delete=models.PROTECT, null=True)
    stale_at = models.DateTimeField(null=True)
    stale_event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )

    def __str__(self) -> str:
        return self.code


class Subject(models.Model):
    """A person as a random identifier and nothing else. Lives for ever."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pseudonym = models.CharField(max_length=34, unique=True, default=pseudonym)

    def __str__(self) -> str:
        return self.pseudonym


class Consent(models.Model):
    """One person's yes to one purpose under one version of the rules.

    `live` is what everything collected under it points at: unique, and non-null only
    while the consent is active, so that a template without a live consent, or an
    ended consent whose template still stands, cannot be committed. The row itself
    outlives what it opened, as evidence.

    While `restricted_at` is set, what hangs on it is kept and not used (限制处理);
    `restricted_event` says so, or that it was lifted.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    live = models.UUIDField(null=True, unique=True)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=32)
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    rules = models.ForeignKey(Rules, on_delete=models.PROTECT)
    language = models.CharField(max_length=8)
    given_by = models.CharField(max_length=8, default="self")
    once = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="active")
    granted_at = models.DateTimeField()
    until = models.DateTimeField()
    destroy_s = models.IntegerField()
    granted_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    restricted_at = models.DateTimeField(null=True)
    restricted_event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )
    ended_at = models.DateTimeField(null=True)
    ended_event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )
    key_event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_live_while_active",
                condition=(
                    Q(state="active", live__isnull=False)
                    & Q(ended_at=None, ended_event=None, key_event=None)
                )
                | (
                    Q(state__in=["withdrawn", "expired"], live=None)
                    & Q(ended_at__isnull=False, ended_event__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="consent_given_by",
                condition=Q(given_by__in=["self", "guardian", "supplier"]),
            ),
            models.CheckConstraint(
                name="consent_guardian_contact_only",
                condition=~Q(given_by="guardian") | Q(purpose="contact"),
            ),
            models.CheckConstraint(
                name="consent_term", condition=Q(until__gt=F("granted_at"))
            ),
            models.CheckConstraint(
                name="consent_restricted_in_words",
                condition=Q(restricted_at=None) | Q(restricted_event__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_destroy_seconds",
                condition=Q(destroy_s__gte=1, destroy_s__lte=86_400),
            ),
            models.UniqueConstraint(
                fields=["live", "subject", "purpose"], name="consent_gate"
            ),
            models.UniqueConstraint(
                fields=["subject", "purpose", "site"],
                condition=Q(state="active"),
                name="consent_one_live_each",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "until"], name="consent_state_until"),
            # Ended, and its key not told destroyed: empty but for a moment.
            models.Index(
                fields=["id"],
                condition=~Q(state="active") & Q(key_event=None),
                name="consent_key_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.state}"

    @property
    def key(self) -> uuid.UUID:
        """Return what everything under this consent points at.

        Raises:
            ConsentEnded: it ended, and nothing hangs on it any more.
        """
        if self.live is None:
            raise ConsentEnded
        return self.live

    @property
    def granted_ref(self) -> Ref:
        """Return the reference by which events name this consent."""
        return Ref(self.granted_event_id)


class Guardianship(models.Model):
    """What a guardian declared when they consented for a child: how they are related.

    A code, and no names. Stays as evidence beside its consent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT)
    relation = models.CharField(max_length=8)
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_guardianship_relation",
                condition=Q(relation__in=["parent", "guardian"]),
            )
        ]

    def __str__(self) -> str:
        return self.relation


class Generation(models.Model):
    """How often those who may be searched at a site changed; the database counts.

    At least one more in each commit in which a face consent ends or is restricted, a
    template comes or goes, or rules are published.
    """

    site = models.OneToOneField(Site, on_delete=models.PROTECT, primary_key=True)
    value = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.value)


class Use(models.Model):
    """One use of a face, from its start in the log to its one end.

    Holds who and which consents, never what was seen. Closed rows stay as evidence.
    `matching` says how widely a face is compared (`consent.rules.MATCHING`); "" where
    it is not. In a search of everybody nobody is named: `gallery` is how many, and
    `gallery_sha256` says which (`consent.generations`).
    `seized_at` is when the kept burst arrived: from then on an answer is due.
    `challenge` are the steps of its presence check in the order that was drawn, none
    where the rules ask for no check; `present_at` is when the burst passed it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mode = models.CharField(max_length=8)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=32)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT)
    candidates = models.JSONField(default=list)
    matching = models.CharField(max_length=5, default="", db_default="")
    gallery = models.IntegerField(null=True)
    gallery_sha256 = models.CharField(max_length=64, default="", db_default="")
    challenge = models.JSONField(
        default=list, db_default=Value([], output_field=models.JSONField())
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT)
    kiosk = models.ForeignKey(Kiosk, on_delete=models.PROTECT)
    start_event = models.OneToOneField(
        Event, on_delete=models.PROTECT, to_field="eid", related_name="+"
    )
    opened_at = models.DateTimeField()
    deadline = models.DateTimeField()
    seized_at = models.DateTimeField(null=True)
    present_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_event = models.OneToOneField(
        Event,
        on_delete=models.PROTECT,
        to_field="eid",
        related_name="+",
        null=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_use_closed_whole",
                condition=Q(closed_at=None, closed_event=None)
                | Q(closed_at__isnull=False, closed_event__isnull=False),
            ),
            # None in uses of before comparisons had a width; a trigger asks since.
            models.CheckConstraint(
                name="consent_use_matching_known",
                condition=Q(matching__in=["", "1:1", "1:few", "1:n"]),
            ),
            models.CheckConstraint(
                name="consent_use_gallery_whole",
                condition=Q(matching="1:n", candidates=[], gallery__gte=1)
                & ~Q(gallery_sha256="")
                | ~Q(matching="1:n") & Q(gallery=None, gallery_sha256=""),
            ),
            models.CheckConstraint(
                name="consent_use_two_minutes",
                condition=Q(deadline__lte=F("opened_at") + USE_MAX),
            ),
            models.CheckConstraint(
                name="consent_use_present_asked",
                condition=Q(present_at=None)
                | (Q(seized_at__isnull=False) & ~Q(challenge=[])),
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline"],
                condition=Q(closed_at=None),
                name="consent_use_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.opened_at}"


class CaptureSession(models.Model):
    """The right to show the camera one person, from request to request.

    Points at the live consent, so it cannot outlast it. Two minutes long; deleted
    when the use is closed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    use = models.OneToOneField(Use, on_delete=models.PROTECT)
    live = models.UUIDField()
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=32)

    def __str__(self) -> str:
        return str(self.use_id)
