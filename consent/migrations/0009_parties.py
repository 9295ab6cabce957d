"""Parties and the ledger: nothing is told to anybody without a row of it."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import audit.ids

SQL = """
CREATE FUNCTION consent_credit_code(code text) RETURNS boolean LANGUAGE plpgsql
IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
    alphabet constant text := '0123456789ABCDEFGHJKLMNPQRTUWXY';
    weight int := 1;
    total int := 0;
BEGIN
    IF code !~ '^[0-9A-HJ-NPQRTUWXY]{18}$' THEN
        RETURN false;
    END IF;
    FOR place IN 1..17 LOOP
        total := total + weight * (position(substr(code, place, 1) IN alphabet) - 1);
        weight := weight * 3 % 31;
    END LOOP;
    RETURN position(substr(code, 18, 1) IN alphabet) - 1 = (31 - total % 31) % 31;
END $$;
COMMENT ON FUNCTION consent_credit_code(text) IS
    'Whether the check digit of a 统一社会信用代码 fits (GB 32100-2015).';
ALTER TABLE consent_party ADD CONSTRAINT consent_party_credit_code
    CHECK (consent_credit_code(credit_code));
ALTER TABLE consent_party ADD CONSTRAINT consent_party_no_face_purpose
    CHECK (jsonb_typeof(purposes) = 'array'
           AND NOT purposes ?| ARRAY['face.checkin', 'face.attribution']);
ALTER TABLE consent_party ADD CONSTRAINT consent_party_categories
    CHECK (categories <@ '["name", "phone", "visit", "decision", "deal"]');

CREATE TRIGGER consent_party_fixed BEFORE UPDATE ON consent_party
    FOR EACH ROW EXECUTE FUNCTION audit_write_once(
        'approved_by', 'approved_at', 'approved_event_id', 'ended_at',
        'ended_reason', 'ended_event_id', 'closed_at', 'certificate',
        'closed_event_id');
CREATE TRIGGER consent_party_stays BEFORE DELETE ON consent_party
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_party_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    added uuid := NEW.approved_event_id;
    ended uuid := NEW.ended_event_id;
    closed uuid := NEW.closed_event_id;
    told jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        added := nullif(added, OLD.approved_event_id);
        ended := nullif(ended, OLD.ended_event_id);
        closed := nullif(closed, OLD.closed_event_id);
    END IF;
    IF added IS NOT NULL THEN
        told := consent_told(added, 'party.added');
        IF (told ->> 'party' = NEW.code AND told ->> 'role' = NEW.role
            AND told ->> 'document' = NEW.contract_sha256
            AND told -> 'purposes' = NEW.purposes) IS NOT TRUE THEN
            RAISE EXCEPTION 'a party is added in the log'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF ended IS NOT NULL THEN
        told := consent_told(ended, 'party.ended');
        IF (told ->> 'party' = NEW.code
            AND told ->> 'reason' = NEW.ended_reason) IS NOT TRUE THEN
            RAISE EXCEPTION 'a party ends in the log'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF closed IS NOT NULL THEN
        told := consent_told(closed, 'party.closed');
        IF (told ->> 'party' = NEW.code
            AND told ->> 'certificate' = NEW.certificate) IS NOT TRUE THEN
            RAISE EXCEPTION 'a party is closed in the log'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_party_in_log AFTER INSERT OR UPDATE
    ON consent_party DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION consent_party_in_log();

CREATE TRIGGER consent_disclosure_fixed BEFORE UPDATE OR DELETE ON consent_disclosure
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_disclosure_party() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM consent_party
      WHERE id = NEW.party_id AND approved_at IS NOT NULL AND ended_at IS NULL
        AND since <= audit_now() AND until > audit_now()
        AND purposes @> to_jsonb(NEW.purpose) AND categories @> NEW.categories
        AND jsonb_array_length(NEW.categories) > 0
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is told to a party beyond its contract'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_disclosure_party BEFORE INSERT ON consent_disclosure
    FOR EACH ROW EXECUTE FUNCTION consent_disclosure_party();

CREATE FUNCTION consent_disclosure_consent() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM consent_consent
      WHERE id = NEW.consent_id AND subject_id = NEW.subject_id
        AND purpose = NEW.purpose AND site_id = NEW.site_id
        AND state = 'active' AND until > audit_now()
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is told to a party without a live consent'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_disclosure_consent BEFORE INSERT ON consent_disclosure
    FOR EACH ROW EXECUTE FUNCTION consent_disclosure_consent();

CREATE FUNCTION consent_disclosure_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    person text := (SELECT pseudonym FROM consent_subject WHERE id = NEW.subject_id);
    receiver text := (SELECT code FROM consent_party WHERE id = NEW.party_id);
    told jsonb := consent_told(NEW.event_id, 'contact.disclosed');
BEGIN
    IF (audit_event_says(NEW.event_id, 'contact.disclosed', person, NEW.purpose)
        AND told ->> 'recipient' = receiver
        AND told -> 'what' = NEW.categories) IS NOT TRUE THEN
        RAISE EXCEPTION 'a disclosure is told in the log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_disclosure_in_log AFTER INSERT ON consent_disclosure
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION consent_disclosure_in_log();

CREATE FUNCTION consent_disclosed_in_ledger() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM consent_disclosure d JOIN audit_event e ON e.eid = d.event_id
         WHERE e.log = NEW.log AND e.seq = NEW.seq
    ) THEN
        RAISE EXCEPTION 'nothing is disclosed without a row of the ledger'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION consent_disclosed_in_ledger() IS
    'The other direction: no contact.disclosed is committed that the ledger lacks.';
CREATE CONSTRAINT TRIGGER consent_disclosed_in_ledger AFTER INSERT ON audit_body
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (position('"type":"contact.disclosed"'::bytea IN NEW.body) > 0)
    EXECUTE FUNCTION consent_disclosed_in_ledger();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0008_devices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Party",
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
                ("code", models.CharField(max_length=32, unique=True)),
                ("role", models.CharField(max_length=9)),
                ("name_zh", models.CharField(max_length=120)),
                ("name_en", models.CharField(max_length=120)),
                ("credit_code", models.CharField(max_length=18)),
                ("contact", models.CharField(max_length=200)),
                ("contract_number", models.CharField(max_length=60)),
                ("contract_sha256", models.CharField(max_length=64)),
                ("scope_zh", models.CharField(max_length=400)),
                ("scope_en", models.CharField(max_length=400)),
                ("purposes", models.JSONField()),
                ("categories", models.JSONField()),
                ("sub_entrusting", models.BooleanField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=40)),
                ("asked_at", models.DateTimeField()),
                ("approved_by", models.CharField(max_length=40, null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_reason", models.CharField(max_length=10, null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("certificate", models.CharField(max_length=64, null=True)),
                (
                    "approved_event",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "closed_event",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "ended_event",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Disclosure",
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
                ("purpose", models.CharField(max_length=32)),
                ("categories", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="consent.consent",
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
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="consent.site"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="consent.subject",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="consent.party"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ("joint", "processor", "recipient"))),
                name="consent_party_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("contract_sha256__regex", "^[0-9a-f]{64}$")),
                name="consent_party_contract",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("since"))),
                name="consent_party_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", None),
                    models.Q(("approved_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="consent_party_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at", None),
                        ("approved_by", None),
                        ("approved_event", None),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("approved_event__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="consent_party_approved_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at", None),
                        ("ended_event", None),
                        ("ended_reason", None),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_event__isnull", False),
                        ("ended_reason__in", ("term", "terminated")),
                    ),
                    _connector="OR",
                ),
                name="consent_party_ended_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("certificate", None),
                        ("closed_at", None),
                        ("closed_event", None),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_event__isnull", False),
                        ("ended_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="consent_party_closed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at", None),
                    models.Q(("role", "processor"), _negated=True),
                    models.Q(
                        ("certificate__isnull", False),
                        ("certificate__regex", "^[0-9a-f]{64}$"),
                    ),
                    _connector="OR",
                ),
                name="consent_party_certificate",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
