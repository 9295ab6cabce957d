"""The presence check of a use: drawn where the rules ask for it, passed before a result."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q, Value

SQL = """
DROP TRIGGER consent_use_fixed ON consent_use;
CREATE TRIGGER consent_use_fixed BEFORE UPDATE ON consent_use
    FOR EACH ROW EXECUTE FUNCTION audit_write_once(
        'seized_at', 'present_at', 'closed_at', 'closed_event_id');

CREATE FUNCTION consent_use_challenge() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    asked boolean := consent_term_said(NEW.site_id, NEW.purpose, 'presence')
                     = 'true'::jsonb;
BEGIN
    IF NEW.present_at IS NOT NULL THEN
        RAISE EXCEPTION 'nobody is seen to be present before a use begins'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF asked IS TRUE AND (jsonb_array_length(NEW.challenge) = 3
        AND NEW.challenge @> '["left", "right", "nearer"]') IS NOT TRUE THEN
        RAISE EXCEPTION 'the rules in force ask for a presence check of every step'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION consent_use_challenge() IS
    'A use has its presence check, not passed yet, where the rules in force ask for it.';
CREATE TRIGGER consent_use_challenge BEFORE INSERT ON consent_use
    FOR EACH ROW EXECUTE FUNCTION consent_use_challenge();

CREATE FUNCTION consent_use_present() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    kind text;
BEGIN
    IF NEW.challenge = '[]' OR NEW.present_at IS NOT NULL
       OR NEW.closed_event_id IS NOT DISTINCT FROM OLD.closed_event_id THEN
        RETURN NULL;
    END IF;
    SELECT convert_from(b.body, 'UTF8')::jsonb ->> 'type' INTO kind
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = NEW.closed_event_id;
    IF (kind IN ('capture.discarded', 'gate.refused', 'use.abandoned')) IS NOT TRUE THEN
        RAISE EXCEPTION 'nothing comes of a use whose presence check was not passed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_use_present() IS
    'At commit a use whose presence check was not passed ends without a result.';
CREATE CONSTRAINT TRIGGER consent_use_present AFTER UPDATE ON consent_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_use_present();
"""


class Migration(migrations.Migration):
    """Add the columns and their guards."""

    dependencies = [
        ("consent", "0020_one_local_camera"),
        ("audit", "0005_guards_of_the_signer"),
    ]

    operations = [
        migrations.AddField(
            model_name="use",
            name="challenge",
            field=models.JSONField(
                db_default=Value([], output_field=models.JSONField()), default=list
            ),
        ),
        migrations.AddField(
            model_name="use",
            name="present_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="use",
            constraint=models.CheckConstraint(
                name="consent_use_present_asked",
                condition=Q(present_at=None)
                | (Q(seized_at__isnull=False) & ~Q(challenge=[])),
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
