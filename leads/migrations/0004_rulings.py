"""Rulings: one for a decision that is for review, by a person, and in the log."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import audit.ids

SQL = """
CREATE TRIGGER leads_ruling_fixed BEFORE UPDATE OR DELETE ON leads_ruling
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION leads_ruling_review() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM leads_decision d
         WHERE d.id = NEW.decision_id AND d.outcome = 'review'
           AND NOT EXISTS (SELECT 1 FROM leads_decision l WHERE l.revises_id = d.id)
    ) THEN
        RAISE EXCEPTION 'only what is for review now is ruled on'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_ruling_review() IS
    'A ruling settles a current decision that is for review.';
CREATE TRIGGER leads_ruling_review BEFORE INSERT ON leads_ruling
    FOR EACH ROW EXECUTE FUNCTION leads_ruling_review();

CREATE FUNCTION leads_ruling_concerned() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.channel_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM leads_decision d
          JOIN leads_visit v ON v.id = d.visit_id
          JOIN leads_channel c ON c.site_id = v.site_id
         WHERE d.id = NEW.decision_id AND c.id = NEW.channel_id
           AND d.facts @> jsonb_build_array(jsonb_build_object('channel', c.code))
    ) THEN
        RAISE EXCEPTION 'a ruling is for a channel that the facts name'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_ruling_concerned() IS
    'The channel of a ruling is of the site and in the facts of the decision.';
CREATE TRIGGER leads_ruling_concerned BEFORE INSERT ON leads_ruling
    FOR EACH ROW EXECUTE FUNCTION leads_ruling_concerned();

CREATE FUNCTION leads_ruling_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT s.pseudonym FROM leads_decision d
                      JOIN leads_visit v ON v.id = d.visit_id
                      JOIN consent_subject s ON s.id = v.subject_id
                     WHERE d.id = NEW.decision_id);
BEGIN
    IF NOT audit_event_says(NEW.event_id, 'dispute.ruled', person, 'attribution') THEN
        RAISE EXCEPTION 'a ruling is in the log too'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER leads_ruling_in_log AFTER INSERT ON leads_ruling
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leads_ruling_in_log();
"""


class Migration(migrations.Migration):
    """Install rulings and their guards."""

    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("leads", "0003_revisions"),
    ]
    operations = [
        migrations.CreateModel(
            name="Ruling",
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
                    "outcome",
                    models.CharField(
                        choices=[("channel", "Channel"), ("walk_in", "Walk In")],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(max_length=24)),
                ("sha256", models.CharField(max_length=64)),
                ("by", models.CharField(max_length=40)),
                ("decides", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.channel",
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="leads.decision",
                    ),
                ),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
            ],
            options={
                "permissions": [
                    (
                        "rule_visit",
                        "Settle a visit that the rules of attribution cannot",
                    )
                ],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(channel__isnull=False, outcome="channel")
                        | Q(channel=None, outcome="walk_in"),
                        name="leads_ruling_channel_named",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            reason__in=[
                                "visitor_said",
                                "brought_in_person",
                                "earlier_record",
                                "channels_agreed",
                                "other_customer",
                                "nobody_shown",
                                "none_theirs",
                            ]
                        ),
                        name="leads_ruling_reason_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
