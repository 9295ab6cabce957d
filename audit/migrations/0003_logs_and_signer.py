"""More logs than one to a database, the signer's tables, and exports.

A log that a restore cut short is closed, and another one opened (docs/evidence.md).
"""

from __future__ import annotations

from django.db import migrations, models

import audit.ids

GUARDS = r"""
CREATE OR REPLACE FUNCTION audit_head_opens() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit_head WHERE closed_at IS NULL) OR NEW.size <> 0
       OR NEW.frontier <> '' OR NEW.last_at <> '' OR NEW.closed_at IS NOT NULL
       OR EXISTS (SELECT 1 FROM audit_head
                   WHERE operator <> NEW.operator OR clock <> NEW.clock) THEN
        RAISE EXCEPTION 'a log opens empty, while no other is open'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION audit_head_grows() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    added bytea;
BEGIN
    IF NEW.log <> OLD.log OR NEW.operator <> OLD.operator OR NEW.clock <> OLD.clock
       OR NEW.last_at < OLD.last_at OR OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'the head of the log only grows'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.closed_at IS NOT NULL AND (NEW.size <> OLD.size OR NEW.size = 0) THEN
        RAISE EXCEPTION 'a log closes as it stands'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.last_at <> OLD.last_at AND NEW.last_at IS DISTINCT FROM (
        SELECT convert_from(body, 'UTF8')::jsonb ->> 'at' FROM audit_body
         WHERE log = OLD.log AND seq = NEW.size - 1) THEN
        RAISE EXCEPTION 'the time of the log is its last event''s'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.size = OLD.size AND NEW.frontier = OLD.frontier THEN
        RETURN NEW;
    END IF;
    SELECT leaf INTO added FROM audit_event WHERE log = OLD.log AND seq = OLD.size;
    IF added IS NULL OR NEW.size <> OLD.size + 1
       OR NEW.frontier <> audit_fold(OLD.frontier, OLD.size, added) THEN
        RAISE EXCEPTION 'the head of the log grows by its events only'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_checkpoint_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    head audit_head%ROWTYPE;
BEGIN
    SELECT * INTO head FROM audit_head WHERE log = NEW.log;
    IF head.log IS NULL OR NEW.size NOT BETWEEN 1 AND head.size
       OR NOT starts_with(NEW.note, 'salescenter/' || head.operator || '/' || NEW.log
                                    || E'
' || NEW.size || E'
')
       OR EXISTS (SELECT 1 FROM audit_checkpoint
                   WHERE log = NEW.log AND size > NEW.size) THEN
        RAISE EXCEPTION 'a checkpoint is of its log, and further than the one before'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_checkpoint_fits BEFORE INSERT ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_fits();
CREATE TRIGGER audit_checkpoint_stays BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE TRIGGER audit_carried_stays BEFORE UPDATE OR DELETE ON audit_carried
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_refusal_fixed BEFORE UPDATE ON audit_refusal
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('event');
CREATE TRIGGER audit_refusal_stays BEFORE DELETE ON audit_refusal
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_signing_fixed BEFORE UPDATE ON audit_signing
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('note', 'answered_at');
CREATE TRIGGER audit_signing_stays BEFORE DELETE ON audit_signing
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_signer_stays BEFORE DELETE ON audit_signer
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_export_fixed BEFORE UPDATE ON audit_export
    FOR EACH ROW EXECUTE FUNCTION audit_write_once(
        'approved_by', 'approved_at', 'approved_event', 'started_at', 'made_at',
        'made_event', 'failed');
CREATE TRIGGER audit_export_stays BEFORE DELETE ON audit_export
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION audit_event_by(named uuid, kind text, actor text, export uuid)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = named AND e.xmin = pg_current_xact_id()::xid;
    RETURN coalesce(told ->> 'type' = kind AND told -> 'act' ->> 'id' = actor
                    AND told -> 'data' ->> 'export' = export::text, false);
END $$;
COMMENT ON FUNCTION audit_event_by(uuid, text, text, uuid) IS
    'Whether this transaction wrote an event of this kind, actor and export.';

CREATE FUNCTION audit_export_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF (TG_OP = 'INSERT' AND (NEW.approved_by IS NOT NULL OR NEW.made_at IS NOT NULL
            OR NOT audit_event_by(
                NEW.asked_event, 'export.requested', NEW.asked_by, NEW.id)))
       OR (TG_OP = 'UPDATE' AND NEW.approved_by IS DISTINCT FROM OLD.approved_by
            AND NOT audit_event_by(
                NEW.approved_event, 'export.approved', NEW.approved_by, NEW.id))
       OR (TG_OP = 'UPDATE' AND NEW.made_at IS DISTINCT FROM OLD.made_at
            AND NOT audit_event_by(NEW.made_event, 'export.made', 'system', NEW.id))
    THEN
        RAISE EXCEPTION 'an export is asked for, approved and made in the log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_export_in_log AFTER INSERT OR UPDATE ON audit_export
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit_export_in_log();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Carried",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("log", models.CharField(max_length=32)),
                ("prior", models.UUIDField()),
                ("eid", models.UUIDField(unique=True)),
            ],
            options={
                "db_table": "audit_carried",
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("log", models.CharField(max_length=32)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("sites", models.JSONField(null=True)),
                ("redaction", models.CharField(max_length=12)),
                ("asked_by", models.CharField(max_length=40)),
                ("asked_at", models.DateTimeField()),
                ("asked_event", models.UUIDField()),
                ("approved_by", models.CharField(max_length=40, null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_event", models.UUIDField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("made_event", models.UUIDField(null=True)),
                ("failed", models.CharField(max_length=40, null=True)),
            ],
            options={
                "db_table": "audit_export",
            },
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("log", models.CharField(max_length=32)),
                ("reason", models.CharField(max_length=12)),
                ("signed_log", models.CharField(max_length=32)),
                ("signed_size", models.BigIntegerField()),
                ("signed_root", models.CharField(max_length=64)),
                ("found_size", models.BigIntegerField()),
                ("found_root", models.CharField(max_length=64, null=True)),
                ("at", models.DateTimeField()),
                ("event", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "audit_refusal",
            },
        ),
        migrations.CreateModel(
            name="Signer",
            fields=[
                (
                    "log",
                    models.CharField(max_length=32, primary_key=True, serialize=False),
                ),
                ("vkeys", models.TextField()),
                ("size", models.BigIntegerField()),
                ("refused", models.BooleanField(default=False)),
                ("separated", models.BooleanField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_signer",
            },
        ),
        migrations.CreateModel(
            name="SigningRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("log", models.CharField(max_length=32)),
                ("size", models.BigIntegerField()),
                ("manifest", models.CharField(max_length=64, null=True)),
                ("asked_at", models.DateTimeField()),
                ("note", models.TextField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audit_signing",
            },
        ),
        migrations.AlterModelOptions(
            name="head",
            options={
                "permissions": [
                    ("read_log", "May read the log"),
                    ("export_log", "May ask for a sealed export"),
                    ("approve_export", "May approve an export that identifies people"),
                    ("release_log", "May open a new log after the signer refused"),
                ]
            },
        ),
        migrations.RemoveIndex(
            model_name="index",
            name="audit_index_subject",
        ),
        migrations.RemoveIndex(
            model_name="index",
            name="audit_index_consent",
        ),
        migrations.RemoveIndex(
            model_name="index",
            name="audit_index_type",
        ),
        # Empty until now: no version before this one signed anything.
        migrations.DeleteModel(name="Checkpoint"),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "log",
                        "size",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("log", models.CharField(max_length=32)),
                ("size", models.BigIntegerField()),
                ("note", models.TextField()),
                ("timestamp_token", models.BinaryField(null=True)),
            ],
            options={"db_table": "audit_checkpoint"},
        ),
        migrations.AddField(
            model_name="head",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="index",
            name="log",
            field=models.CharField(default="", max_length=32),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE audit_index SET log = (SELECT log FROM audit_head)"
            " WHERE EXISTS (SELECT 1 FROM audit_head)",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="index",
            name="seq",
            field=models.BigIntegerField(),
        ),
        migrations.AddIndex(
            model_name="index",
            index=models.Index(fields=["log", "seq"], name="audit_index_seq"),
        ),
        migrations.AddIndex(
            model_name="index",
            index=models.Index(fields=["log", "at"], name="audit_index_at"),
        ),
        migrations.AddIndex(
            model_name="index",
            index=models.Index(
                fields=["subject", "log", "seq"], name="audit_index_subject"
            ),
        ),
        migrations.AddIndex(
            model_name="index",
            index=models.Index(
                fields=["log", "consent", "seq"], name="audit_index_consent"
            ),
        ),
        migrations.AddIndex(
            model_name="index",
            index=models.Index(fields=["log", "type", "seq"], name="audit_index_type"),
        ),
        migrations.AddConstraint(
            model_name="head",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("operator",),
                name="audit_head_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="carried",
            constraint=models.UniqueConstraint(
                fields=("log", "prior"), name="audit_carried_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("redaction__in", ["pseudonymous", "identified"])),
                name="audit_export_redaction",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lte", models.F("last"))),
                name="audit_export_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", None),
                    models.Q(("approved_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="audit_export_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("redaction", "pseudonymous"),
                    models.Q(("made_at", None), ("started_at", None)),
                    models.Q(
                        ("approved_by__isnull", False),
                        ("approved_event__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="audit_export_identified_approved",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(
                condition=models.Q(("answered_at", None)),
                fields=["asked_at"],
                name="audit_signing_open",
            ),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
