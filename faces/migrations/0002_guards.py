"""What the database itself refuses about faces."""

from __future__ import annotations

from django.db import migrations

SQL = """
ALTER TABLE faces_facetemplate
    ADD CONSTRAINT faces_facetemplate_live_consent
    FOREIGN KEY (live, subject_id, purpose)
    REFERENCES consent_consent (live, subject_id, purpose);
CREATE TRIGGER faces_facetemplate_unexpired
    BEFORE INSERT OR UPDATE ON faces_facetemplate
    FOR EACH ROW EXECUTE FUNCTION consent_unexpired();
CREATE TRIGGER faces_facetemplate_fixed BEFORE UPDATE ON faces_facetemplate
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE CONSTRAINT TRIGGER faces_facetemplate_in_log AFTER INSERT ON faces_facetemplate
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_in_log('enrolled_event_id', 'face.enrolled');
"""


class Migration(migrations.Migration):
    """Install the guards of faces."""

    dependencies = [("faces", "0001_initial"), ("consent", "0002_guards")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
