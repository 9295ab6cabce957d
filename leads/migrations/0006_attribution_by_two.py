"""Rules of attribution: drafted by one person, published with notice by another."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import audit.ids

SQL = """
CREATE FUNCTION leads_attributiondraft_fixed() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER leads_attributiondraft_fixed BEFORE UPDATE ON leads_attributiondraft
    FOR EACH ROW EXECUTE FUNCTION leads_attributiondraft_fixed();
CREATE TRIGGER leads_attributiondraft_stays BEFORE DELETE ON leads_attributiondraft
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION leads_attribution_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    drafted leads_attributiondraft;
    told jsonb;
BEGIN
    SELECT * INTO drafted FROM leads_attributiondraft WHERE id = NEW.draft_id;
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = NEW.event_id AND e.xmin = pg_current_xact_id()::xid;
    IF (drafted.outcome = 'published' AND drafted.site_id = NEW.site_id
        AND convert_from(drafted.content, 'UTF8')::jsonb = NEW.document
        AND told ->> 'type' = 'attribution.published'
        AND told #>> '{data,sha256}' = encode(sha256(drafted.content), 'hex')
        AND told #>> '{data,version}' = NEW.version
        AND told #>> '{data,author}' = drafted.author
        AND told #>> '{act,id}' = drafted.decided_by
        AND drafted.author <> drafted.decided_by) IS NOT TRUE THEN
        RAISE EXCEPTION 'rules of attribution are what one person wrote and another'
            ' published, in the log' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION leads_attribution_by_two() IS
    'At commit a version is what a draft says that another person than its author'
    ' published, with its own event in that person''s name.';
CREATE CONSTRAINT TRIGGER leads_attributionrules_by_two
    AFTER INSERT ON leads_attributionrules
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION leads_attribution_by_two();

CREATE FUNCTION leads_attribution_ahead() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb;
    days integer;
BEGIN
    IF (NEW.document ->> 'version' = NEW.version
        AND (NEW.document ->> 'effective_from')::timestamptz = NEW.effective_from
        AND NEW.published_at BETWEEN audit_now() - interval '1 minute'
                                 AND audit_now() + interval '1 minute') IS NOT TRUE THEN
        RAISE EXCEPTION 'a version takes effect when its document says'
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT document INTO before FROM leads_attributionrules
     WHERE site_id = NEW.site_id
     ORDER BY (effective_from <= audit_now()) DESC,
              CASE WHEN effective_from <= audit_now() THEN effective_from END DESC,
              effective_from
     LIMIT 1;
    days := coalesce((before ->> 'notice_days')::integer, 7);
    IF before IS NOT NULL
       AND NEW.effective_from < audit_now() + days * interval '24 hours' THEN
        RAISE EXCEPTION 'rules of attribution take effect % days after their notice',
            days USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION leads_attribution_ahead() IS
    'A version after a site''s first is published as many days ahead as the rules in'
    ' force say (7 where they say nothing), and never of a moment that is past.';
CREATE TRIGGER leads_attributionrules_ahead BEFORE INSERT ON leads_attributionrules
    FOR EACH ROW EXECUTE FUNCTION leads_attribution_ahead();
"""


class Migration(migrations.Migration):
    """Add drafts, and ask of a version that two people and a notice stand behind it."""

    dependencies = [
        ("audit", "0001_initial"),
        ("consent", "0021_presence"),
        ("leads", "0005_answers"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttributionDraft",
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
                    ("view_attribution", "Read drafts of the rules of attribution"),
                    (
                        "draft_attribution",
                        "Draft rules of attribution, and try them",
                    ),
                    (
                        "publish_attribution",
                        "Publish rules of attribution of another's draft",
                    ),
                ],
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="attributiondraft",
            index=models.Index(
                condition=models.Q(("outcome", None)),
                fields=["site"],
                name="leads_attributiondraft_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="attributiondraft",
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
                name="leads_attributiondraft_decided_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="attributiondraft",
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
                name="leads_attributiondraft_two_people",
            ),
        ),
        migrations.AddField(
            model_name="attributionrules",
            name="draft",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rules",
                to="leads.attributiondraft",
            ),
        ),
        migrations.AddField(
            model_name="attributionrules",
            name="event",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audit.event",
            ),
        ),
        migrations.AddField(
            model_name="attributionrules",
            name="published_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="attributionrules",
            constraint=models.UniqueConstraint(
                fields=("site", "effective_from"), name="leads_attributionrules_start"
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
