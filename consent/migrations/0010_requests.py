"""Requests: numbered without gaps, answered once with a reason, all in the log."""

from __future__ import annotations

import datetime

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import audit.ids

SQL = """
CREATE FUNCTION consent_told(named uuid) RETURNS jsonb LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT convert_from(b.body, 'UTF8')::jsonb
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = named AND e.xmin = pg_current_xact_id()::xid
$$;
COMMENT ON FUNCTION consent_told(uuid) IS 'The event that this transaction wrote.';

CREATE FUNCTION consent_request_numbered() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    zone text := (SELECT timezone FROM consent_site WHERE id = NEW.site_id);
BEGIN
    IF NEW.year IS DISTINCT FROM extract(year FROM NEW.opened_at AT TIME ZONE zone)
       OR NEW.number IS DISTINCT FROM 1 + coalesce(
           (SELECT max(number) FROM consent_request WHERE year = NEW.year), 0) THEN
        RAISE EXCEPTION 'requests are numbered within their year, without gaps'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.answered_at IS NOT NULL OR NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'a request begins unanswered'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_request_numbered BEFORE INSERT ON consent_request
    FOR EACH ROW EXECUTE FUNCTION consent_request_numbered();

CREATE FUNCTION consent_request_forward() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    answer text[] := ARRAY['outcome', 'reason', 'answered_at', 'answered_by',
                           'answered_event_id'];
    ending text[] := ARRAY['asked', 'reply', 'ended_at', 'ended_event_id'];
BEGIN
    IF (to_jsonb(NEW) - answer - ending) IS DISTINCT FROM
       (to_jsonb(OLD) - answer - ending) THEN
        RAISE EXCEPTION 'what was asked, and when, never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.answered_at IS NOT NULL AND (to_jsonb(NEW) - ending) IS DISTINCT FROM
       (to_jsonb(OLD) - ending) THEN
        RAISE EXCEPTION 'a request is answered once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'words that ended stay ended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.ended_at IS NULL AND (NEW.asked IS DISTINCT FROM OLD.asked
        OR (OLD.answered_at IS NOT NULL AND NEW.reply IS DISTINCT FROM OLD.reply)) THEN
        RAISE EXCEPTION 'words change only by ending'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_request_forward BEFORE UPDATE ON consent_request
    FOR EACH ROW EXECUTE FUNCTION consent_request_forward();
CREATE TRIGGER consent_request_stays BEFORE DELETE ON consent_request
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_request_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
    told jsonb := consent_told(NEW.opened_event_id);
BEGIN
    IF (told ->> 'type' = 'request.opened'
        AND told ->> 'subject' IS NOT DISTINCT FROM person
        AND told #>> '{data,request}' = NEW.id::text
        AND told #>> '{data,kind}' = NEW.kind
        AND (told #>> '{data,due}')::timestamptz = NEW.due) IS NOT TRUE THEN
        RAISE EXCEPTION 'a request is opened in the log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_request_in_log AFTER INSERT ON consent_request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_request_in_log();

CREATE FUNCTION consent_answer_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
    told jsonb := consent_told(NEW.answered_event_id);
BEGIN
    IF (told ->> 'type' = 'request.answered'
        AND told ->> 'subject' IS NOT DISTINCT FROM person
        AND told #>> '{data,request}' = NEW.id::text
        AND told #>> '{data,outcome}' = NEW.outcome
        AND told #>> '{data,reason}' IS NOT DISTINCT FROM NEW.reason) IS NOT TRUE THEN
        RAISE EXCEPTION 'a request is answered in the log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_answer_in_log AFTER UPDATE ON consent_request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.answered_at IS DISTINCT FROM NEW.answered_at)
    EXECUTE FUNCTION consent_answer_in_log();

CREATE FUNCTION consent_request_end_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb := consent_told(NEW.ended_event_id);
BEGIN
    IF (told ->> 'type' = 'data.ended'
        AND told #>> '{data,what}' = 'request') IS NOT TRUE THEN
        RAISE EXCEPTION 'words end in the log' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_request_end_in_log AFTER UPDATE ON consent_request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    EXECUTE FUNCTION consent_request_end_in_log();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0009_parties"),
    ]

    operations = [
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("year", models.IntegerField()),
                ("number", models.IntegerField()),
                ("kind", models.CharField(max_length=12)),
                ("purpose", models.CharField(blank=True, max_length=32)),
                ("code_hash", models.BinaryField(unique=True)),
                ("opened_at", models.DateTimeField()),
                ("shown_due", models.DateTimeField()),
                ("due", models.DateTimeField()),
                ("asked", models.BinaryField(null=True)),
                ("outcome", models.CharField(max_length=8, null=True)),
                ("reason", models.CharField(max_length=16, null=True)),
                ("reply", models.BinaryField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by", models.CharField(max_length=40, null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "answered_event",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "ended_event",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "opened_event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="consent.site"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="consent.subject",
                    ),
                ),
            ],
            options={
                "permissions": [("answer_request", "Answer what people ask for")],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at", None)),
                        fields=["due"],
                        name="consent_request_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("year", "number"), name="consent_request_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                (
                                    "access",
                                    "copy",
                                    "correct",
                                    "delete",
                                    "restrict",
                                    "object",
                                    "explain",
                                    "transfer",
                                    "kin",
                                    "complaint",
                                ),
                            )
                        ),
                        name="consent_request_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due__gt", models.F("opened_at")),
                            (
                                "due__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("opened_at"),
                                    "+",
                                    models.Value(datetime.timedelta(days=30)),
                                ),
                            ),
                            ("shown_due__gt", models.F("opened_at")),
                            ("shown_due__lte", models.F("due")),
                        ),
                        name="consent_request_due",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answered_at", None),
                                ("answered_by", None),
                                ("answered_event", None),
                                ("outcome", None),
                                ("reason", None),
                                ("reply", None),
                            ),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                ("answered_event__isnull", False),
                                ("outcome__in", ("granted", "partly", "refused")),
                                ("outcome__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="consent_request_answered_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", None),
                            models.Q(("outcome", "granted"), ("reason", None)),
                            models.Q(
                                ("outcome__in", ["partly", "refused"]),
                                (
                                    "reason__in",
                                    (
                                        "not_held",
                                        "not_shown",
                                        "law",
                                        "others_rights",
                                        "repeated",
                                    ),
                                ),
                                ("reason__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="consent_request_reasoned",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("asked__isnull", False),
                                ("ended_at", None),
                                ("ended_event", None),
                            ),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("asked", None),
                                (
                                    "ended_at__gte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("answered_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=1098)),
                                    ),
                                ),
                                ("ended_event__isnull", False),
                                ("reply", None),
                            ),
                            _connector="OR",
                        ),
                        name="consent_request_ended_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
