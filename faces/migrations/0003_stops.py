"""No template while the stop switch of its site is on."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE FUNCTION faces_template_unstopped() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    place uuid := (SELECT site_id FROM consent_consent WHERE live = NEW.live);
BEGIN
    IF consent_stopped(place, NEW.purpose) THEN
        RAISE EXCEPTION 'no template is stored while the stop switch is on'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER faces_template_unstopped BEFORE INSERT ON faces_facetemplate
    FOR EACH ROW EXECUTE FUNCTION faces_template_unstopped();
"""


class Migration(migrations.Migration):
    """Let the database refuse templates while faces are stopped."""

    dependencies = [("faces", "0002_guards"), ("consent", "0006_stops")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
