"""Visitors' answers about who announced them: their own, in the log, never edited."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import audit.ids

SQL = """
CREATE TRIGGER leads_answer_fixed BEFORE UPDATE OR DELETE ON leads_answer
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION leads_answer_consented() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM leads_visit v
          JOIN consent_consent c ON c.subject_id = v.subject_id
           AND c.site_id = v.site_id
         WHERE v.id = NEW.visit_id AND c.purpose = 'attribution'
           AND c.state = 'active' AND c.until > audit_now() AND c.granted_at <= v.at
    ) THEN
        RAISE EXCEPTION 'who did not agree to attribution is not asked'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_answer_consented() IS
    'An answer is taken only while the consent that was live at the visit still is.';
CREATE TRIGGER leads_answer_consented BEFORE INSERT ON leads_answer
    FOR EACH ROW EXECUTE FUNCTION leads_answer_consented();

CREATE FUNCTION leads_answer_concerned() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(NEW.referrals) AS named(referral)
         WHERE NOT EXISTS (
            SELECT 1 FROM leads_referralmatch m
              JOIN leads_visit v ON v.subject_id = m.subject_id
             WHERE v.id = NEW.visit_id AND m.referral_id = named.referral::uuid)
    ) THEN
        RAISE EXCEPTION 'an answer is about referrals that concern the visitor'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_answer_concerned() IS
    'Each referral that an answer names is stored as concerning its visitor.';
CREATE TRIGGER leads_answer_concerned BEFORE INSERT ON leads_answer
    FOR EACH ROW EXECUTE FUNCTION leads_answer_concerned();

CREATE FUNCTION leads_answer_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT s.pseudonym FROM leads_visit v
                      JOIN consent_subject s ON s.id = v.subject_id
                     WHERE v.id = NEW.visit_id);
BEGIN
    IF NOT audit_event_says(NEW.event_id, 'referral.answered', person, 'attribution')
    THEN
        RAISE EXCEPTION 'an answer is in the log too'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER leads_answer_in_log AFTER INSERT ON leads_answer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leads_answer_in_log();
"""


class Migration(migrations.Migration):
    """Install answers and their guards."""

    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("leads", "0004_rulings"),
    ]
    operations = [
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "said",
                    models.CharField(
                        choices=[
                            ("confirmed", "Confirmed"),
                            ("denied", "Denied"),
                            ("unsaid", "Unsaid"),
                        ],
                        max_length=10,
                    ),
                ),
                ("referrals", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="leads.visit"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(said__in=["confirmed", "denied", "unsaid"]),
                        name="leads_answer_said",
                    )
                ],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
