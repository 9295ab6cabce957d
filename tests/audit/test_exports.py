"""Asking, approving and making: two people for what identifies anybody."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError

from audit import exports, signing
from audit.drafts import Act
from audit.errors import (
    ExportNotApproved,
    ExportOwnApproval,
    ExportSettled,
    RangeEmpty,
)
from audit.models import Export, Head
from audit.selectors import event_list
from audit.signer import Signer
from consent.models import Receipt
from consent.purposes import Purpose
from leads.contacts import Details, contact_collect
from tests import make
from tests.audit.judging import judge
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.leads import make as make_leads

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")
ASKS = Act("st-00000000000a", "compliance")
APPROVES = Act("st-00000000000b", "compliance")
PHONE = "13812345678"


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as running:
        yield running


@pytest.fixture
def office() -> make_leads.Office:
    made = make_leads.office()
    guest = make.person(kiosk=made.house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    contact_collect(
        subject=guest,
        site=made.house.site,
        details=Details.of(name="王某", phone=PHONE),
        act=Act("self", "visitor"),
    )
    return made


def kinds() -> list[str]:
    return [one["type"] for one in event_list(rows=3)]


def test_what_was_asked_for_is_made_and_told(
    office: make_leads.Office, signer: Signer
) -> None:
    asked = exports.export_request(act=ASKS)
    assert event_list(rows=1)[0]["data"]["export"] == str(asked.id)
    assert exports.export_path(export=asked) is None
    assert exports.exports_make_due() == 1
    assert exports.exports_make_due() == 0
    (made,) = exports.export_list()
    path = exports.export_path(export=made)
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    pin = signing.vkeys(log=made.log)[-1]
    assert judge(path, "--pin", pin)["exit"] == 0
    assert event_list(kind="export.made")[0]["data"]["export"] == str(made.id)


def test_nobody_approves_their_own_request(
    office: make_leads.Office, signer: Signer
) -> None:
    asked = exports.export_request(act=ASKS, identified=True)
    assert exports.exports_make_due() == 0, "it waits for a second person"
    with pytest.raises(ExportOwnApproval):
        exports.export_approve(export=asked, act=ASKS)
    with pytest.raises(ExportNotApproved):
        exports.export_make(
            scope=exports.scope_of(export=asked), target=Path("x"), export=asked
        )
    approved = exports.export_approve(export=asked, act=APPROVES)
    assert event_list(rows=1)[0]["act"]["id"] == APPROVES.id
    with pytest.raises(ExportSettled):
        exports.export_approve(export=approved, act=APPROVES)
    assert exports.exports_make_due() == 1


def test_one_without_names_needs_no_approval(office: make_leads.Office) -> None:
    asked = exports.export_request(act=ASKS)
    with pytest.raises(ExportSettled):
        exports.export_approve(export=asked, act=APPROVES)


def parts(path: Path) -> dict[str, list[dict[str, Any]]]:
    with zipfile.ZipFile(path) as archive:
        return {
            name: [json.loads(line) for line in archive.read(name).splitlines()]
            for name in archive.namelist()
            if name.startswith("parts/")
        }


def test_names_are_in_approved_exports_only_and_each_look_is_logged(
    office: make_leads.Office, signer: Signer
) -> None:
    plain = exports.export_request(act=ASKS)
    exports.exports_make_due()
    path = exports.export_path(export=Export.objects.get(id=plain.id))
    assert path is not None
    assert PHONE.encode() not in path.read_bytes()
    told = parts(path)
    assert set(told) == {"parts/receipts.jsonl"}
    assert len(told["parts/receipts.jsonl"]) == Receipt.objects.count() == 1
    viewed = len(event_list(kind="contact.viewed", rows=100))
    asked = exports.export_request(act=ASKS, identified=True)
    exports.export_approve(export=asked, act=APPROVES)
    exports.exports_make_due()
    path = exports.export_path(export=Export.objects.get(id=asked.id))
    assert path is not None
    told = parts(path)
    (contact,) = told["parts/identified/contacts.jsonl"]
    assert contact["phone"].endswith(PHONE)
    looked = event_list(kind="contact.viewed", rows=100)
    assert len(looked) == viewed + 1
    assert looked[0]["data"] == {"reason": "export"}
    assert looked[0]["subject"] == contact["subject"]
    pin = signing.vkeys(log=asked.log)[-1]
    verdict = judge(path, "--pin", pin)
    assert verdict["exit"] == 0, verdict


def test_a_signer_that_refuses_only_delays(
    office: make_leads.Office, signer: Signer
) -> None:
    signer.look(now=True)
    signer.keeper.remember(signer.keeper.recall().but(refused="forked"))
    exports.export_request(act=ASKS)
    assert exports.exports_make_due() == 0
    assert Export.objects.get().failed is None
    signer.keeper.remember(signer.keeper.recall().but(refused=""))
    assert exports.exports_make_due() == 1


def test_files_are_kept_for_a_week(office: make_leads.Office, signer: Signer) -> None:
    exports.export_request(act=ASKS)
    exports.exports_make_due()
    (made,) = exports.export_list()
    path = exports.export_path(export=made)
    assert path is not None
    assert exports.exports_forget_due() == 0
    old = path.stat().st_mtime - exports.KEPT.total_seconds() - 1
    os.utime(path, (old, old))
    assert exports.exports_forget_due() == 1
    assert exports.export_path(export=made) is None
    assert not list(Path(settings.EXPORTS_DIR).iterdir())


def test_an_empty_range_is_not_asked_for(office: make_leads.Office) -> None:
    size = Head.objects.get().size
    with pytest.raises(RangeEmpty):
        exports.export_request(act=ASKS, end="2000-01-01T00:00:00.000Z")
    assert Head.objects.get().size == size


ROW = (
    "INSERT INTO audit_export (id, log, first, last, redaction, asked_by, asked_at,"
    " asked_event) SELECT gen_random_uuid(), log, 0, 0, 'identified', 'st-1', now(),"
    " gen_random_uuid() FROM audit_head"
)
APPROVE = (
    "UPDATE audit_export SET approved_by = '{who}', approved_at = now(),"
    " approved_event = gen_random_uuid()"
)
TWO_PEOPLE = "ALTER TABLE audit_export DROP CONSTRAINT audit_export_two_people"
APPROVED = "ALTER TABLE audit_export DROP CONSTRAINT audit_export_identified_approved"
IN_LOG = "ALTER TABLE audit_export DISABLE TRIGGER audit_export_in_log"


@pytest.mark.parametrize(
    ("removed", "statement"),
    [
        ([IN_LOG], ROW),
        ([IN_LOG, TWO_PEOPLE], APPROVE.format(who=ASKS.id)),
        ([IN_LOG], APPROVE.format(who="st-2")),
        ([APPROVED], "UPDATE audit_export SET started_at = now()"),
        (
            ["ALTER TABLE audit_export DISABLE TRIGGER audit_export_fixed"],
            "UPDATE audit_export SET asked_by = 'st-2'",
        ),
        (
            [
                "GRANT DELETE ON audit_export TO salescenter_app",
                "ALTER TABLE audit_export DISABLE TRIGGER audit_export_stays",
            ],
            "DELETE FROM audit_export",
        ),
    ],
)
def test_the_database_refuses_until_its_guards_are_gone(
    office: make_leads.Office, db: Database, removed: list[str], statement: str
) -> None:
    exports.export_request(act=ASKS, identified=True)
    for guard in removed:
        with db.connect("app", autocommit=False) as link:
            with pytest.raises(psycopg.Error):
                link.execute(statement)
                link.commit()
            link.rollback()
        with db.connect("owner") as owner:
            owner.execute(guard)
    with db.connect("app") as link:
        link.execute(statement)


def test_the_service_would_be_stopped_by_the_database(
    office: make_leads.Office,
) -> None:
    asked = exports.export_request(act=ASKS, identified=True)
    asked.approved_by = ASKS.id
    with pytest.raises(IntegrityError):
        asked.save(update_fields=["approved_by"])
