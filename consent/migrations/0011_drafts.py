"""Drafts: what one person writes and another publishes; what changed rules bar."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import audit.ids

SQL = """
CREATE FUNCTION consent_draft_fixed() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    moving text[] := ARRAY['content', 'changed_at', 'submitted_at', 'outcome',
                           'decided_at', 'decided_by', 'note'];
BEGIN
    IF OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'a draft is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.submitted_at IS NOT NULL THEN
        moving := ARRAY['outcome', 'decided_at', 'decided_by', 'note'];
    END IF;
    IF (to_jsonb(NEW) - moving) IS DISTINCT FROM (to_jsonb(OLD) - moving) THEN
        RAISE EXCEPTION 'what was submitted is what is decided about'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_draft_fixed BEFORE UPDATE ON consent_draft
    FOR EACH ROW EXECUTE FUNCTION consent_draft_fixed();
CREATE TRIGGER consent_draft_stays BEFORE DELETE ON consent_draft
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    drafted consent_draft;
    told jsonb;
BEGIN
    SELECT * INTO drafted FROM consent_draft WHERE id = NEW.draft_id;
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = (to_jsonb(NEW) ->> TG_ARGV[1])::uuid
       AND e.xmin = pg_current_xact_id()::xid;
    IF (drafted.kind = TG_ARGV[0] AND drafted.outcome = 'published'
        AND drafted.site_id = NEW.site_id
        AND encode(sha256(drafted.content), 'hex') = NEW.sha256
        AND told ->> 'type' = TG_ARGV[2]
        AND told #>> '{data,sha256}' = NEW.sha256
        AND told #>> '{data,author}' = drafted.author
        AND told #>> '{act,id}' = drafted.decided_by
        AND drafted.author <> drafted.decided_by) IS NOT TRUE THEN
        RAISE EXCEPTION '% holds what one person wrote and another approved',
            TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_by_two() IS
    'At commit the row has the hash of a draft that another person than its author'
    ' approved, and its own event in that person''s name.';
CREATE CONSTRAINT TRIGGER consent_rules_by_two AFTER INSERT ON consent_rules
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_by_two('rules', 'published_event_id', 'rules.published');
CREATE CONSTRAINT TRIGGER consent_assessment_by_two
    AFTER INSERT ON consent_impactassessment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_by_two('assessment', 'approved_event_id', 'pia.approved');

CREATE FUNCTION consent_overtaken(given consent_consent) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM consent_rules later JOIN consent_rules shown
            ON shown.id = given.rules_id AND later.site_id = shown.site_id
           AND later.published_at > shown.published_at
         WHERE later.material ? given.purpose)
$$;
COMMENT ON FUNCTION consent_overtaken(consent_consent) IS
    'Whether a later version of the rules says of its purpose what it does not cover.';

CREATE OR REPLACE FUNCTION consent_unexpired() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM consent_consent c
         WHERE c.live = NEW.live AND c.subject_id = NEW.subject_id
           AND c.purpose = NEW.purpose AND c.until > audit_now()
           AND c.restricted_at IS NULL AND NOT consent_overtaken(c)
    ) THEN
        RAISE EXCEPTION '% needs a live, unexpired consent, neither restricted nor'
            ' overtaken by other rules', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION consent_unexpired() IS
    'What the composite key cannot say: nothing new under a consent that is expired,'
    ' restricted, or of before its rules changed.';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0010_requests"),
    ]

    operations = [
        migrations.AddField(
            model_name="rules",
            name="material",
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name="Draft",
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
                ("kind", models.CharField(max_length=12)),
                ("content", models.BinaryField()),
                ("author", models.CharField(max_length=40)),
                ("begun_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(max_length=12, null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(max_length=40, null=True)),
                ("note", models.TextField(default="")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="consent.site"
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("draft_rules", "Draft rules and assessments"),
                    (
                        "approve_rules",
                        "Approve drafts of others, and suspend assessments",
                    ),
                ],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="impactassessment",
            name="draft",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="consent.draft",
            ),
        ),
        migrations.AddField(
            model_name="rules",
            name="draft",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="consent.draft",
            ),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(
                condition=models.Q(("outcome", None)),
                fields=["site", "kind"],
                name="consent_draft_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("rules", "assessment"))),
                name="consent_draft_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None), ("decided_by", None), ("outcome", None)
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("outcome__in", ("published", "returned", "discarded")),
                    ),
                    _connector="OR",
                ),
                name="consent_draft_decided_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", None),
                    models.Q(("outcome", "published"), _negated=True),
                    models.Q(
                        ("submitted_at__isnull", False),
                        models.Q(("decided_by", models.F("author")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="consent_draft_two_people",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
