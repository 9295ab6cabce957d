"""What the rows say of a use, a version and a closing agrees with consent and log."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE OR REPLACE FUNCTION consent_disclosure_consent() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM consent_consent c
      WHERE c.id = NEW.consent_id AND c.subject_id = NEW.subject_id
        AND c.purpose = NEW.purpose AND c.site_id = NEW.site_id
        AND c.state = 'active' AND c.until > audit_now()
        AND c.restricted_at IS NULL AND NOT consent_overtaken(c)
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is told to a party without a live consent, neither'
            ' restricted nor overtaken by other rules'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION consent_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    drafted consent_draft;
    row jsonb := to_jsonb(NEW);
    told jsonb;
BEGIN
    SELECT * INTO drafted FROM consent_draft WHERE id = NEW.draft_id;
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = (row ->> TG_ARGV[1])::uuid
       AND e.xmin = pg_current_xact_id()::xid;
    IF (drafted.kind = TG_ARGV[0] AND drafted.outcome = 'published'
        AND drafted.site_id = NEW.site_id
        AND encode(sha256(drafted.content), 'hex') = NEW.sha256
        AND told ->> 'type' = TG_ARGV[2]
        AND told #>> '{data,sha256}' = NEW.sha256
        AND told #>> '{data,author}' = drafted.author
        AND told #>> '{act,id}' = drafted.decided_by
        AND drafted.author <> drafted.decided_by) IS NOT TRUE THEN
        RAISE EXCEPTION '% holds what one person wrote and another approved',
            TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF (told #> '{data,material}' IS NOT DISTINCT FROM row -> 'material'
        AND told #> '{data,purposes}' IS NOT DISTINCT FROM row -> 'purposes'
        AND (told #>> '{data,until}')::timestamptz
            IS NOT DISTINCT FROM (row ->> 'until')::timestamptz) IS NOT TRUE THEN
        RAISE EXCEPTION '% bars or opens what its event says', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_TABLE_NAME = 'consent_rules' AND EXISTS (
        SELECT 1 FROM consent_rules one
         WHERE one.site_id = NEW.site_id AND one.id <> NEW.id
           AND one.published_at >= (row ->> 'published_at')::timestamptz) THEN
        RAISE EXCEPTION 'a version is later than all of its site before it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_by_two() IS
    'At commit the row has the hash of a draft that another person than its author'
    ' approved, and its own event in that person''s name, which says what it bars or'
    ' opens; a version is later than all of its site before it.';

CREATE FUNCTION consent_closing_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.approved_at IS NOT NULL
                             OR NEW.dropped_at IS NOT NULL
                             OR NEW.finished_at IS NOT NULL)
       OR TG_OP = 'UPDATE' AND NEW.finished_at IS NOT NULL
          AND OLD.approved_at IS NULL THEN
        RAISE EXCEPTION 'a closing is asked for, approved and finished step by step'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION consent_closing_begins() IS
    'Each step is a row''s change of its own, so that each is told in the log.';
CREATE TRIGGER consent_closing_begins BEFORE INSERT OR UPDATE ON consent_siteclosing
    FOR EACH ROW EXECUTE FUNCTION consent_closing_begins();
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0015_key_due")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
