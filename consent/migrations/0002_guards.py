"""What the database itself refuses about consent."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE FUNCTION consent_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'active' OR NEW.until <= audit_now() THEN
        RAISE EXCEPTION 'a consent begins active and unexpired'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_begins BEFORE INSERT ON consent_consent
    FOR EACH ROW EXECUTE FUNCTION consent_begins();

CREATE FUNCTION consent_forward() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := ARRAY['state', 'live', 'ended_at', 'ended_event_id',
                           'key_event_id'];
BEGIN
    IF (to_jsonb(NEW) - moving) IS DISTINCT FROM (to_jsonb(OLD) - moving) THEN
        RAISE EXCEPTION 'what was consented to never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'active' AND (NEW.state <> OLD.state
        OR NEW.ended_at IS DISTINCT FROM OLD.ended_at
        OR NEW.ended_event_id IS DISTINCT FROM OLD.ended_event_id
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
CREATE TRIGGER consent_forward BEFORE UPDATE ON consent_consent
    FOR EACH ROW EXECUTE FUNCTION consent_forward();
CREATE TRIGGER consent_stays BEFORE DELETE ON consent_consent
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    named uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
BEGIN
    IF NOT audit_event_says(named, TG_ARGV[1], person, NEW.purpose) THEN
        RAISE EXCEPTION '% needs its own % in the log', TG_TABLE_NAME, TG_ARGV[1]
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_in_log() IS
    'At commit the event that a row points at is of that kind, person and purpose.';
CREATE CONSTRAINT TRIGGER consent_in_log AFTER INSERT ON consent_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_in_log('granted_event_id', 'consent.granted');

CREATE FUNCTION consent_end_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
BEGIN
    IF (NEW.state <> OLD.state AND NOT audit_event_says(
            NEW.ended_event_id, 'consent.' || NEW.state, person, NEW.purpose))
       OR (NEW.key_event_id IS DISTINCT FROM OLD.key_event_id AND NOT audit_event_says(
            NEW.key_event_id, 'key.destroyed', person, NEW.purpose)) THEN
        RAISE EXCEPTION 'a consent and its key end in the log too'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_end_in_log AFTER UPDATE ON consent_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_end_in_log();

CREATE FUNCTION consent_use_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
    kind text := CASE NEW.mode WHEN 'enrol' THEN 'capture.started'
                               ELSE 'face.compare.started' END;
BEGIN
    IF NOT audit_event_says(NEW.start_event_id, kind, person, NEW.purpose) THEN
        RAISE EXCEPTION 'a use begins in the log' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_use_in_log AFTER INSERT ON consent_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_use_in_log();

CREATE FUNCTION consent_unexpired() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM consent_consent
         WHERE live = NEW.live AND subject_id = NEW.subject_id
           AND purpose = NEW.purpose AND until > audit_now()
    ) THEN
        RAISE EXCEPTION '% needs a live, unexpired consent', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION consent_unexpired() IS
    'What the composite key cannot say: nothing new under an expired consent.';

ALTER TABLE consent_capturesession
    ADD CONSTRAINT consent_capturesession_live_consent
    FOREIGN KEY (live, subject_id, purpose)
    REFERENCES consent_consent (live, subject_id, purpose);
CREATE TRIGGER consent_capturesession_unexpired
    BEFORE INSERT OR UPDATE ON consent_capturesession
    FOR EACH ROW EXECUTE FUNCTION consent_unexpired();

CREATE TRIGGER consent_subject_fixed BEFORE UPDATE OR DELETE ON consent_subject
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER consent_rules_fixed BEFORE UPDATE ON consent_rules
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('retired_at');
CREATE TRIGGER consent_rules_stay BEFORE DELETE ON consent_rules
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER consent_assessment_fixed BEFORE UPDATE ON consent_impactassessment
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('stale_at', 'stale_event_id');
CREATE TRIGGER consent_assessment_stays BEFORE DELETE ON consent_impactassessment
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER consent_use_fixed BEFORE UPDATE ON consent_use
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('seized_at', 'closed_at', 'closed_event_id');
CREATE TRIGGER consent_use_stays BEFORE DELETE ON consent_use
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER consent_receipt_fixed BEFORE UPDATE OR DELETE ON consent_receipt
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER consent_pass_fixed BEFORE UPDATE ON consent_pass
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('revoked_at');
CREATE TRIGGER consent_pagelink_fixed BEFORE UPDATE ON consent_pagelink
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('revoked_at');
"""


class Migration(migrations.Migration):
    """Install the guards of consent."""

    dependencies = [("consent", "0001_initial"), ("audit", "0002_guards")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
