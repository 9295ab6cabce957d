"""A receipt is issued in the log: exports find it by the number of its event."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE FUNCTION consent_receipt_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = NEW.issued_event_id AND e.xmin = pg_current_xact_id()::xid;
    IF (told ->> 'type' = 'receipt.issued'
        AND told #>> '{data,receipt}' = NEW.id::text
        AND told #>> '{data,sha256}' = encode(sha256(NEW.body), 'hex')) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'a receipt is issued in the log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_receipt_in_log AFTER INSERT ON consent_receipt
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_receipt_in_log();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_append"),
        ("consent", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="receipt",
            name="issued_event",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audit.event",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
