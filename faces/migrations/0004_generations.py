"""A template that comes or goes makes another generation of its site."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE FUNCTION faces_generation_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    hung uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.live ELSE NEW.live END;
BEGIN
    PERFORM consent_generation_bump(site_id)
       FROM consent_consent WHERE live = hung;
    RETURN NULL;
END $$;
CREATE TRIGGER faces_generation_moves AFTER INSERT OR DELETE ON faces_facetemplate
    FOR EACH ROW EXECUTE FUNCTION faces_generation_moves();
"""


class Migration(migrations.Migration):
    """Let the database tell whoever searches that the gallery changed."""

    dependencies = [("faces", "0003_stops"), ("consent", "0019_gallery")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
