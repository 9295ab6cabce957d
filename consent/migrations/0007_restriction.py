"""Restriction: a column, the event of each change, and nothing new meanwhile."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE OR REPLACE FUNCTION consent_forward() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := ARRAY['state', 'live', 'ended_at', 'ended_event_id',
                           'key_event_id', 'restricted_at', 'restricted_event_id'];
BEGIN
    IF (to_jsonb(NEW) - moving) IS DISTINCT FROM (to_jsonb(OLD) - moving) THEN
        RAISE EXCEPTION 'what was consented to never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'active' AND (NEW.state <> OLD.state
        OR NEW.ended_at IS DISTINCT FROM OLD.ended_at
        OR NEW.ended_event_id IS DISTINCT FROM OLD.ended_event_id
        OR NEW.restricted_at IS DISTINCT FROM OLD.restricted_at
        OR NEW.restricted_event_id IS DISTINCT FROM OLD.restricted_event_id
        OR NEW.live IS NOT NULL) THEN
        RAISE EXCEPTION 'a consent that ended stays ended'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.live IS NOT NULL AND NEW.live IS DISTINCT FROM OLD.live THEN
        RAISE EXCEPTION 'what hangs on a consent hangs on this one'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.key_event_id IS NOT NULL
       AND NEW.key_event_id IS DISTINCT FROM OLD.key_event_id THEN
        RAISE EXCEPTION 'a key is destroyed once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION consent_restriction_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
    meant text := CASE WHEN NEW.restricted_at IS NULL THEN 'lifted'
                       ELSE 'restricted' END;
    said text;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb #>> '{data,state}' INTO said
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = NEW.restricted_event_id;
    IF NOT audit_event_says(
            NEW.restricted_event_id, 'consent.restricted', person, NEW.purpose)
       OR said IS DISTINCT FROM meant THEN
        RAISE EXCEPTION 'a restriction and its end are in the log too'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_restriction_in_log AFTER UPDATE ON consent_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.restricted_at IS DISTINCT FROM NEW.restricted_at
          OR OLD.restricted_event_id IS DISTINCT FROM NEW.restricted_event_id)
    EXECUTE FUNCTION consent_restriction_in_log();
CREATE CONSTRAINT TRIGGER consent_begins_unrestricted AFTER INSERT ON consent_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.restricted_at IS NOT NULL OR NEW.restricted_event_id IS NOT NULL)
    EXECUTE FUNCTION consent_restriction_in_log();

CREATE OR REPLACE FUNCTION consent_unexpired() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM consent_consent
         WHERE live = NEW.live AND subject_id = NEW.subject_id
           AND purpose = NEW.purpose AND until > audit_now()
           AND restricted_at IS NULL
    ) THEN
        RAISE EXCEPTION '% needs a live, unexpired consent, unrestricted',
            TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION consent_unexpired() IS
    'What the composite key cannot say: nothing new under a consent that is expired'
    ' or restricted.';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0006_stops"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="restricted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="consent",
            name="restricted_event",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audit.event",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("restricted_at", None),
                    ("restricted_event__isnull", False),
                    _connector="OR",
                ),
                name="consent_restricted_in_words",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
