"""How widely a face is compared: no wider than the rules in force say."""

from __future__ import annotations

from django.db import migrations, models

SQL = """
CREATE FUNCTION consent_term_said(place uuid, aim text, term text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT convert_from(d.bytes, 'UTF8')::jsonb #> ARRAY['purposes', aim, term]
      FROM consent_rules r JOIN audit_document d ON d.hash = r.sha256
     WHERE r.site_id = place AND r.retired_at IS NULL
     ORDER BY r.published_at DESC, r.id DESC LIMIT 1
$$;
COMMENT ON FUNCTION consent_term_said(uuid, text, text) IS
    'A term of a purpose in the rules in force at a site; null where it has none.';

CREATE FUNCTION consent_use_matching() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    widths text[] := ARRAY['1:1', '1:few', '1:n'];
    most text := consent_term_said(NEW.site_id, NEW.purpose, 'matching') #>> '{}';
BEGIN
    IF (NEW.mode = 'compare') <> (NEW.matching <> '') THEN
        RAISE EXCEPTION 'a comparison, and nothing else, says how wide it is'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.matching <> '' AND (array_position(widths, NEW.matching)
                               <= array_position(widths, most)) IS NOT TRUE THEN
        RAISE EXCEPTION 'no face is compared more widely than the rules say'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.matching = '1:1' AND jsonb_array_length(NEW.candidates) <> 1 THEN
        RAISE EXCEPTION 'one is compared with one'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_use_matching BEFORE INSERT ON consent_use
    FOR EACH ROW EXECUTE FUNCTION consent_use_matching();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0017_in_name_of"),
    ]

    operations = [
        migrations.AddField(
            model_name="use",
            name="matching",
            field=models.CharField(db_default="", default="", max_length=5),
        ),
        migrations.AddConstraint(
            model_name="use",
            constraint=models.CheckConstraint(
                condition=models.Q(("matching__in", ["", "1:1", "1:few", "1:n"])),
                name="consent_use_matching_known",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
