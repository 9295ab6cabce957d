"""Decisions may supersede one another: one first of a visit, each revised once."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

REASONS = [
    "confirmed",
    "denied",
    "new_number",
    "family",
    "merged",
    "unmerged",
    "face_link",
    "face_withdrawn",
    "deal",
    "ruling",
]

SQL = """
CREATE FUNCTION leads_decision_of_visit() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.revises_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM leads_decision
         WHERE id = NEW.revises_id AND visit_id = NEW.visit_id
    ) THEN
        RAISE EXCEPTION 'a decision supersedes an earlier one of its own visit'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_decision_of_visit() IS
    'The decision that one revises was there before and is of the same visit.';
CREATE TRIGGER leads_decision_of_visit BEFORE INSERT ON leads_decision
    FOR EACH ROW EXECUTE FUNCTION leads_decision_of_visit();

CREATE FUNCTION leads_decision_consented() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.revises_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM leads_visit v
          JOIN consent_consent c ON c.subject_id = v.subject_id
           AND c.site_id = v.site_id
         WHERE v.id = NEW.visit_id AND c.purpose = 'attribution'
           AND c.state = 'active' AND c.until > audit_now() AND c.granted_at <= v.at
    ) THEN
        RAISE EXCEPTION 'after its attribution consent nothing is decided anew'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_decision_consented() IS
    'A decision is revised only while the consent that was live at the visit still is.';
CREATE TRIGGER leads_decision_consented BEFORE INSERT ON leads_decision
    FOR EACH ROW EXECUTE FUNCTION leads_decision_consented();

CREATE FUNCTION leads_decision_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT s.pseudonym FROM leads_visit v
                      JOIN consent_subject s ON s.id = v.subject_id
                     WHERE v.id = NEW.visit_id);
BEGIN
    IF NEW.revises_id IS NOT NULL
       AND NOT audit_event_says(NEW.event_id, 'decision.revised', person, 'attribution')
       -- In a log opened by a restore, where the decision before has no number.
       AND NOT audit_event_says(NEW.event_id, 'decision.made', person, 'attribution')
    THEN
        RAISE EXCEPTION 'a revision is in the log too'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER leads_decision_in_log AFTER INSERT ON leads_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION leads_decision_in_log();
"""


class Migration(migrations.Migration):
    """Let a decision supersede another."""

    dependencies = [("audit", "0005_guards_of_the_signer"), ("leads", "0002_guards")]
    operations = [
        migrations.AddField(
            model_name="decision",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[(one, one.replace("_", " ").title()) for one in REASONS],
                default="",
                max_length=16,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="decision",
            name="revises",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revised_by",
                to="leads.decision",
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="visit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="leads.visit"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                condition=Q(revises=None),
                fields=("visit",),
                name="leads_decision_one_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=Q(reason="", revises=None)
                | Q(reason__in=REASONS, revises__isnull=False),
                name="leads_decision_reason_given",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
