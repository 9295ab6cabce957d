"""Whose act a consent is: the person's own, or a guardian's with their record."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import audit.ids

SQL = """
CREATE FUNCTION consent_own_act() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = NEW.granted_event_id;
    IF (told #>> '{data,by}' = NEW.given_by
        AND (NEW.given_by = 'supplier' OR told #>> '{act,role}' = 'visitor'))
       IS NOT TRUE
    THEN
        RAISE EXCEPTION 'a consent is given by the visitor themself'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_own_act() IS
    'At commit the log says that a visitor acted, and for whom: never staff.';
CREATE CONSTRAINT TRIGGER consent_own_act AFTER INSERT ON consent_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION consent_own_act();

CREATE FUNCTION consent_guardian_on_record() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.given_by = 'guardian' AND NOT EXISTS (
        SELECT 1 FROM consent_guardianship WHERE consent_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a guardian''s consent needs its record'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_guardian_on_record AFTER INSERT ON consent_consent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_guardian_on_record();

CREATE FUNCTION consent_guardianship_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM consent_consent
         WHERE id = NEW.consent_id AND given_by = 'guardian'
    ) THEN
        RAISE EXCEPTION 'only a guardian''s consent has a guardian''s record'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_guardianship_fits BEFORE INSERT ON consent_guardianship
    FOR EACH ROW EXECUTE FUNCTION consent_guardianship_fits();
CREATE TRIGGER consent_guardianship_fixed BEFORE UPDATE OR DELETE
    ON consent_guardianship FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER consent_papercode_once BEFORE UPDATE ON consent_papercode
    FOR EACH ROW EXECUTE FUNCTION audit_write_once('used_at');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0011_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Guardianship",
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
                ("relation", models.CharField(max_length=8)),
                ("declared_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PaperCode",
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
                ("language", models.CharField(max_length=8)),
                ("code_hash", models.BinaryField(unique=True)),
                ("created_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="pagelink",
            name="code_hash",
            field=models.BinaryField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="walk",
            name="assisted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="walk",
            name="guardian_answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="walk",
            name="guardian_offered",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("given_by__in", ["self", "guardian", "supplier"])),
                name="consent_given_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_by", "guardian"), _negated=True),
                    ("purpose", "contact"),
                    _connector="OR",
                ),
                name="consent_guardian_contact_only",
            ),
        ),
        migrations.AddField(
            model_name="guardianship",
            name="consent",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="consent.consent"
            ),
        ),
        migrations.AddField(
            model_name="papercode",
            name="rules",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="consent.rules"
            ),
        ),
        migrations.AddField(
            model_name="papercode",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="consent.site"
            ),
        ),
        migrations.AddConstraint(
            model_name="guardianship",
            constraint=models.CheckConstraint(
                condition=models.Q(("relation__in", ["parent", "guardian"])),
                name="consent_guardianship_relation",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
