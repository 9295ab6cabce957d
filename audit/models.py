"""The tables of the log. They hold pseudonyms, codes, numbers and hashes only, and
point at nothing outside this app.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from audit.ids import uuid7


class Head(models.Model):
    """A log: its size, its frontier and the time of its last event.

    It grows with each event and never goes back (triggers). One is open; one that a
    restore cut short is closed for good, and stays. Lives for ever.
    """

    log = models.CharField(primary_key=True, max_length=32)
    operator = models.CharField(max_length=32)
    clock = models.CharField(max_length=8, default="system")
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")
    last_at = models.CharField(max_length=24, default="")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audit_head"
        permissions = [
            ("read_log", "May read the log"),
            ("export_log", "May ask for a sealed export"),
            ("identify_export", "May ask for an export that identifies people"),
            ("approve_export", "May approve an export that identifies people"),
            ("release_log", "May open a new log after the signer refused"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["operator"],
                condition=Q(closed_at=None),
                name="audit_head_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.log


class Event(models.Model):
    """One leaf of the tree. Business rows point at `eid`. Lives for ever."""

    eid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    log = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    leaf = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        constraints = [
            models.UniqueConstraint(fields=["log", "seq"], name="audit_event_number"),
        ]

    def __str__(self) -> str:
        return str(self.seq)


class Body(models.Model):
    """The exact bytes hashed into a leaf; kept for the published term.

    The table is partitioned by `seq` (2^20 a partition) and made in SQL.
    """

    pk = models.CompositePrimaryKey("log", "seq")
    log = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    body = models.BinaryField()

    class Meta:
        db_table = "audit_body"
        managed = False

    def __str__(self) -> str:
        return str(self.seq)


class Index(models.Model):
    """Queryable copy of a body, one row per consent named; rebuildable from bodies.

    The database writes it beside the body (`audit_index_add`). Row 0 is the event's
    own; only that one has its subject.
    """

    pk = models.CompositePrimaryKey("log", "seq", "place")
    log = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    place = models.SmallIntegerField()
    at = models.CharField(max_length=24)
    type = models.CharField(max_length=48)
    site = models.CharField(max_length=32, null=True)  # noqa: DJ001 - as in the body
    subject = models.CharField(max_length=34, null=True)  # noqa: DJ001
    consent = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=48, null=True)  # noqa: DJ001

    class Meta:
        db_table = "audit_index"
        indexes = [
            models.Index(fields=["log", "at"], name="audit_index_at"),
            models.Index(
                fields=["subject", "log", "seq"],
                condition=Q(subject__isnull=False),
                name="audit_index_subject",
            ),
            models.Index(
                fields=["log", "consent", "seq"],
                condition=Q(consent__isnull=False),
                name="audit_index_consent",
            ),
            models.Index(fields=["log", "type", "seq"], name="audit_index_type"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Tile(models.Model):
    """The hash of one full 256-ary subtree, so that proofs need no scan."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    log = models.CharField(max_length=32)
    level = models.SmallIntegerField()
    idx = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_tile"
        constraints = [
            models.UniqueConstraint(
                fields=["log", "level", "idx"], name="audit_tile_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.idx}"


class Checkpoint(models.Model):
    """A signed statement of a log's size and root; written by the signer alone."""

    pk = models.CompositePrimaryKey("log", "size")
    log = models.CharField(max_length=32)
    size = models.BigIntegerField()
    note = models.TextField()
    timestamp_token = models.BinaryField(null=True)

    class Meta:
        db_table = "audit_checkpoint"

    def __str__(self) -> str:
        return str(self.size)


class Carried(models.Model):
    """An event of a closed log that was written again into the one after it.

    What stood when a log was opened anew (consents, rules) goes on under the new
    event; rows of the business still point at the prior one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    log = models.CharField(max_length=32)
    prior = models.UUIDField()
    eid = models.UUIDField(unique=True)

    class Meta:
        db_table = "audit_carried"
        constraints = [
            models.UniqueConstraint(fields=["log", "prior"], name="audit_carried_once")
        ]

    def __str__(self) -> str:
        return str(self.prior)


class Signer(models.Model):
    """What the signer last said of itself: a row for each log, written by it alone.

    `vkeys` are all keys that ever signed the log, oldest first, a line each.
    `separated` tells whether it is another system user than the one that serves;
    `seen_at` is its last look at the log.
    """

    log = models.CharField(primary_key=True, max_length=32)
    vkeys = models.TextField()
    size = models.BigIntegerField()
    refused = models.BooleanField(default=False)
    separated = models.BooleanField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "audit_signer"

    def __str__(self) -> str:
        return f"{self.log} {self.size}"


class Refusal(models.Model):
    """A tree that the signer did not sign, because it does not extend the last one.

    Written by the signer; `event` is the `signer.refused` that the program wrote of
    it. `signed_*` is what the signer remembers, `found_*` what stood in the database.
    Lives for ever.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    log = models.CharField(max_length=32)
    reason = models.CharField(max_length=12)
    signed_log = models.CharField(max_length=32)
    signed_size = models.BigIntegerField()
    signed_root = models.CharField(max_length=64)
    found_size = models.BigIntegerField()
    found_root = models.CharField(max_length=64, null=True)  # noqa: DJ001
    at = models.DateTimeField()
    event = models.UUIDField(null=True)

    class Meta:
        db_table = "audit_refusal"

    def __str__(self) -> str:
        return f"{self.reason} {self.signed_size}"


class SigningRequest(models.Model):
    """What the program asks the signer for: a checkpoint now, or a manifest's note.

    `note` is the answer, and stays null when the signer refuses.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    log = models.CharField(max_length=32)
    size = models.BigIntegerField()
    manifest = models.CharField(max_length=64, null=True)  # noqa: DJ001
    asked_at = models.DateTimeField()
    note = models.TextField(null=True)  # noqa: DJ001
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audit_signing"
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=Q(answered_at=None),
                name="audit_signing_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.size)


class Export(models.Model):
    """A sealed export that somebody asked for on a page, and what became of it.

    One that identifies people is approved by another person than asked for it, or is
    not made (constraints). The file itself lies in the data folder and is swept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    log = models.CharField(max_length=32)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    sites = models.JSONField(null=True)
    redaction = models.CharField(max_length=12)
    asked_by = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    asked_event = models.UUIDField()
    approved_by = models.CharField(max_length=40, null=True)  # noqa: DJ001
    approved_at = models.DateTimeField(null=True)
    approved_event = models.UUIDField(null=True)
    started_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    made_event = models.UUIDField(null=True)
    failed = models.CharField(max_length=40, null=True)  # noqa: DJ001

    class Meta:
        db_table = "audit_export"
        constraints = [
            models.CheckConstraint(
                name="audit_export_redaction",
                condition=Q(redaction__in=["pseudonymous", "identified"]),
            ),
            models.CheckConstraint(
                name="audit_export_range", condition=Q(first__lte=F("last"))
            ),
            models.CheckConstraint(
                name="audit_export_two_people",
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="audit_export_identified_approved",
                condition=Q(redaction="pseudonymous")
                | Q(made_at=None, started_at=None)
                | Q(approved_by__isnull=False, approved_event__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Document(models.Model):
    """A text that events refer to by its SHA-256, such as published rules."""

    hash = models.CharField(primary_key=True, max_length=64)
    bytes = models.BinaryField()

    class Meta:
        db_table = "audit_document"

    def __str__(self) -> str:
        return self.hash
