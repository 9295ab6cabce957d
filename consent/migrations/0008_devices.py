"""Devices: no use of a face begins at a kiosk without an approved one."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import audit.ids

SQL = """
CREATE FUNCTION consent_picture_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.sha256 <> encode(sha256(NEW.bytes), 'hex') THEN
        RAISE EXCEPTION 'a picture is named by its hash'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_picture_fits BEFORE INSERT ON consent_picture
    FOR EACH ROW EXECUTE FUNCTION consent_picture_fits();
CREATE TRIGGER consent_picture_fixed BEFORE UPDATE OR DELETE ON consent_picture
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE TRIGGER consent_device_fixed BEFORE UPDATE ON consent_device
    FOR EACH ROW EXECUTE FUNCTION audit_write_once(
        'approved_by', 'approved_at', 'approved_event_id', 'revoked_at',
        'revoked_event_id');
CREATE TRIGGER consent_device_stays BEFORE DELETE ON consent_device
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();

CREATE FUNCTION consent_told(named uuid, kind text) RETURNS jsonb LANGUAGE plpgsql
STABLE SET search_path = public, pg_temp AS $$
DECLARE
    told jsonb;
BEGIN
    SELECT convert_from(b.body, 'UTF8')::jsonb INTO told
      FROM audit_event e JOIN audit_body b ON b.log = e.log AND b.seq = e.seq
     WHERE e.eid = named AND e.xmin = pg_current_xact_id()::xid;
    RETURN CASE WHEN told ->> 'type' = kind THEN told -> 'data' ELSE '{}' END;
END $$;
COMMENT ON FUNCTION consent_told(uuid, text) IS
    'The data of an event that this transaction wrote, if it is of that kind.';

CREATE FUNCTION consent_device_in_log() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    approved uuid := NEW.approved_event_id;
    revoked uuid := NEW.revoked_event_id;
    told jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        approved := nullif(approved, OLD.approved_event_id);
        revoked := nullif(revoked, OLD.revoked_event_id);
    END IF;
    IF approved IS NOT NULL THEN
        told := consent_told(approved, 'device.approved');
        IF (told ->> 'device' = NEW.code AND told ->> 'zone' = NEW.zone_id
            AND told ->> 'sign' = NEW.sign_id) IS NOT TRUE THEN
            RAISE EXCEPTION 'a device is approved in the log'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF revoked IS NOT NULL AND (consent_told(revoked, 'device.revoked')
                                ->> 'device' = NEW.code) IS NOT TRUE THEN
        RAISE EXCEPTION 'a device is revoked in the log'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER consent_device_in_log AFTER INSERT OR UPDATE
    ON consent_device DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION consent_device_in_log();

CREATE FUNCTION consent_use_device() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM consent_device
         WHERE kiosk_id = NEW.kiosk_id AND approved_at IS NOT NULL
           AND revoked_at IS NULL AND (until IS NULL OR until > audit_now())
    ) THEN
        RAISE EXCEPTION 'no use begins at a kiosk without an approved device'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_use_device BEFORE INSERT ON consent_use
    FOR EACH ROW EXECUTE FUNCTION consent_use_device();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_guards_of_the_signer"),
        ("consent", "0007_restriction"),
    ]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "sha256",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("media", models.CharField(max_length=10)),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("bytes", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("media__in", ["image/png", "image/jpeg"])),
                        name="consent_picture_media",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Device",
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
                ("kind", models.CharField(max_length=8)),
                ("place", models.CharField(max_length=12)),
                ("until", models.DateTimeField(null=True)),
                ("asked_by", models.CharField(max_length=40)),
                ("asked_at", models.DateTimeField()),
                ("approved_by", models.CharField(max_length=40, null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
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
                    "kiosk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="consent.kiosk"
                    ),
                ),
                (
                    "revoked_event",
                    models.OneToOneField(
                        null=True,
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
                    "sign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.picture",
                    ),
                ),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.picture",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("keep_registers", "Ask for and approve devices and other parties")
                ],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("browser", "local"))),
                        name="consent_device_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "place__in",
                                ("entrance", "reception", "lounge", "gallery", "model"),
                            )
                        ),
                        name="consent_device_no_private_room",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_by", models.F("asked_by")), _negated=True
                            ),
                            ("approved_by", None),
                            _connector="OR",
                        ),
                        name="consent_device_two_people",
                    ),
                    models.CheckConstraint(
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
                        name="consent_device_approved_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_at", None), ("revoked_event", None)),
                            models.Q(
                                ("revoked_at__isnull", False),
                                ("revoked_event__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="consent_device_revoked_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("kiosk",),
                        name="consent_device_one_each",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
