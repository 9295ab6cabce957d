"""What the database itself refuses about leads."""

from __future__ import annotations

from django.db import migrations

SQL = """
ALTER TABLE leads_contact
    ADD CONSTRAINT leads_contact_live_consent
    FOREIGN KEY (live, subject_id, purpose)
    REFERENCES consent_consent (live, subject_id, purpose);
CREATE TRIGGER leads_contact_unexpired
    BEFORE INSERT OR UPDATE ON leads_contact
    FOR EACH ROW EXECUTE FUNCTION consent_unexpired();

CREATE CONSTRAINT TRIGGER leads_contact_in_log AFTER INSERT ON leads_contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_in_log('event_id', 'contact.collected');

CREATE CONSTRAINT TRIGGER leads_contact_corrected_in_log AFTER UPDATE ON leads_contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_in_log('event_id', 'contact.corrected');

-- Hashes of numbers stay out of the write-ahead log, and so out of every backup.
ALTER TABLE leads_phoneindex SET UNLOGGED;

CREATE TRIGGER leads_referral_fixed BEFORE UPDATE OR DELETE ON leads_referral
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER leads_referralmatch_fixed BEFORE UPDATE OR DELETE ON leads_referralmatch
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER leads_visit_fixed BEFORE UPDATE OR DELETE ON leads_visit
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER leads_decision_fixed BEFORE UPDATE OR DELETE ON leads_decision
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER leads_attributionrules_fixed
    BEFORE UPDATE OR DELETE ON leads_attributionrules
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
"""


class Migration(migrations.Migration):
    """Install the guards of leads."""

    dependencies = [("leads", "0001_initial"), ("consent", "0002_guards")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
