"""What the app role could still write to stop or hide the signer's word."""

from __future__ import annotations

from django.db import migrations

GUARDS = r"""
ALTER TABLE audit_signing
    ADD CONSTRAINT audit_signing_size CHECK (size BETWEEN 1 AND 9007199254740991),
    ADD CONSTRAINT audit_signing_manifest CHECK (manifest ~ '^[0-9a-f]{64}$');

-- What a verifier would call altered is not written: too long, or not of the grammar's
-- letters.
ALTER TABLE audit_body ADD CONSTRAINT audit_body_letters CHECK (
    octet_length(body) <= 65536 AND convert_from(body, 'UTF8') !~ '[^ -\[\]-~]');

CREATE FUNCTION audit_refusal_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = NEW.event AND e.xmin = pg_current_xact_id()::xid;
    IF (told ->> 'type' = 'signer.refused'
        AND told #>> '{data,signed_root}' = NEW.signed_root) IS NOT TRUE THEN
        RAISE EXCEPTION 'a refusal is told by its own event'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_refusal_in_log AFTER UPDATE ON audit_refusal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_refusal_in_log();

CREATE FUNCTION audit_head_followed() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM audit_head h JOIN audit_body b ON b.log = h.log AND b.seq = 0
         WHERE h.closed_at IS NULL AND convert_from(b.body, 'UTF8')::jsonb
               #>> '{data,reason}' = 'restored') THEN
        RAISE EXCEPTION 'a log closes when another one takes its place'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_head_followed AFTER UPDATE ON audit_head
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    EXECUTE FUNCTION audit_head_followed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_append"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="head",
            options={
                "permissions": [
                    ("read_log", "May read the log"),
                    ("export_log", "May ask for a sealed export"),
                    ("identify_export", "May ask for an export that identifies people"),
                    ("approve_export", "May approve an export that identifies people"),
                    ("release_log", "May open a new log after the signer refused"),
                ]
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
