"""The tables of the log. They hold pseudonyms, codes, numbers and hashes only, and
point at nothing outside this app.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from audit.ids import uuid7


class Head(models.Model):
    """The open log: its size, frontier and the time of its last event.

    One row; it grows with each event and never goes back (triggers). Lives for ever.
    """

    log = models.CharField(primary_key=True, max_length=32)
    operator = models.CharField(max_length=32)
    clock = models.CharField(max_length=8, default="system")
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")
    last_at = models.CharField(max_length=24, default="")

    class Meta:
        db_table = "audit_head"
        permissions = [("read_log", "May read the log")]
        constraints = [
            models.CheckConstraint(
                name="audit_head_demonstration_clock",
                condition=Q(clock="system")
                | (Q(clock="demo") & Q(operator__startswith="demo-")),
            ),
            models.CheckConstraint(
                name="audit_head_origin",
                condition=Q(log__regex=r"^[a-z0-9-]{1,32}$")
                & Q(operator__regex=r"^[a-z0-9-]{1,32}$"),
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
            models.CheckConstraint(
                name="audit_event_counts_from_zero", condition=Q(seq__gte=0)
            ),
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
    """Queryable copy of a body, one row per consent named; rebuildable from bodies."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    seq = models.BigIntegerField(db_index=True)
    at = models.CharField(max_length=24)
    type = models.CharField(max_length=48)
    site = models.CharField(max_length=32, null=True)  # noqa: DJ001 - as in the body
    subject = models.CharField(max_length=34, null=True)  # noqa: DJ001
    consent = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=48, null=True)  # noqa: DJ001

    class Meta:
        db_table = "audit_index"
        indexes = [
            models.Index(fields=["subject", "seq"], name="audit_index_subject"),
            models.Index(fields=["consent", "seq"], name="audit_index_consent"),
            models.Index(fields=["type", "seq"], name="audit_index_type"),
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
    """A signed statement of the log's size and root; written by the signer."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    timestamp_token = models.BinaryField(null=True)

    class Meta:
        db_table = "audit_checkpoint"

    def __str__(self) -> str:
        return str(self.size)


class Document(models.Model):
    """A text that events refer to by its SHA-256, such as published rules."""

    hash = models.CharField(primary_key=True, max_length=64)
    bytes = models.BinaryField()

    class Meta:
        db_table = "audit_document"

    def __str__(self) -> str:
        return self.hash
