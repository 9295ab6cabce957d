"""Searching everybody enrolled: how many, and which state of them, by a number."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

SQL = """
CREATE FUNCTION consent_generation_bump(place uuid) RETURNS void LANGUAGE sql
SET search_path = public, pg_temp AS $$
    UPDATE consent_generation SET value = value + 1 WHERE site_id = place
$$;
COMMENT ON FUNCTION consent_generation_bump(uuid) IS
    'Says that whoever may be searched at a site is somebody else from this commit on.';

CREATE FUNCTION consent_generation_grows() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.site_id = OLD.site_id AND NEW.value = OLD.value + 1) IS NOT TRUE THEN
        RAISE EXCEPTION 'a generation is the one before and one more'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_generation_grows BEFORE UPDATE ON consent_generation
    FOR EACH ROW EXECUTE FUNCTION consent_generation_grows();
CREATE TRIGGER consent_generation_stays BEFORE DELETE ON consent_generation
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_generation_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO consent_generation (site_id, value) VALUES (NEW.id, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER consent_generation_begins AFTER INSERT ON consent_site
    FOR EACH ROW EXECUTE FUNCTION consent_generation_begins();
INSERT INTO consent_generation (site_id, value) SELECT id, 0 FROM consent_site;

CREATE FUNCTION consent_generation_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM consent_generation_bump(NEW.site_id);
    RETURN NULL;
END $$;
-- Who is compared once is never searched for.
CREATE TRIGGER consent_generation_moves AFTER UPDATE ON consent_consent FOR EACH ROW
    WHEN (NOT NEW.once AND NEW.purpose LIKE 'face.%'
          AND (OLD.live IS DISTINCT FROM NEW.live
               OR OLD.restricted_at IS DISTINCT FROM NEW.restricted_at))
    EXECUTE FUNCTION consent_generation_moves();
CREATE TRIGGER consent_generation_moves AFTER INSERT ON consent_rules
    FOR EACH ROW EXECUTE FUNCTION consent_generation_moves();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0018_matching"),
    ]

    operations = [
        migrations.CreateModel(
            name="Generation",
            fields=[
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="consent.site",
                    ),
                ),
                ("value", models.BigIntegerField(default=0)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddField(
            model_name="use",
            name="gallery",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="use",
            name="gallery_sha256",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="use",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("candidates", []),
                        ("gallery__gte", 1),
                        ("matching", "1:n"),
                        models.Q(("gallery_sha256", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("matching", "1:n"), _negated=True),
                        ("gallery", None),
                        ("gallery_sha256", ""),
                    ),
                    _connector="OR",
                ),
                name="consent_use_gallery_whole",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
