"""Who a row names is who the log names: for devices, parties and closings too."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE FUNCTION consent_in_name_of() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    row jsonb := to_jsonb(NEW);
    before jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    step text;
    named text;
    told jsonb;
BEGIN
    FOREACH step IN ARRAY TG_ARGV LOOP
        named := row ->> (step || '_event_id');
        IF named IS NULL OR named = before ->> (step || '_event_id') THEN
            CONTINUE;
        END IF;
        SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
          FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
         WHERE e.eid = named::uuid;
        IF told #>> '{act,id}' IS DISTINCT FROM row ->> (step || '_by') THEN
            RAISE EXCEPTION '% is % in the name of who did it', TG_TABLE_NAME, step
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_in_name_of() IS
    'At commit each new step of a row names the person whom its event names.';
CREATE CONSTRAINT TRIGGER consent_device_in_name_of AFTER INSERT OR UPDATE
    ON consent_device DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION consent_in_name_of('approved');
CREATE CONSTRAINT TRIGGER consent_party_in_name_of AFTER INSERT OR UPDATE
    ON consent_party DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION consent_in_name_of('approved');
CREATE CONSTRAINT TRIGGER consent_closing_in_name_of AFTER INSERT OR UPDATE
    ON consent_siteclosing DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION consent_in_name_of('asked', 'approved', 'dropped');
"""


class Migration(migrations.Migration):
    """Install the guard."""

    dependencies = [("consent", "0016_agreement")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
