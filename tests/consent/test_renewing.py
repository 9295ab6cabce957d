"""After a restore that lost signed events: another log, and what goes on in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit import exports, notes, signing
from audit.drafts import VISITOR, Act
from audit.errors import LogNotRefused
from audit.models import Body, Carried, Head
from audit.selectors import event_list, event_seq, log_faults, subject_events
from audit.signer import Signer
from consent import gate, keys
from consent.models import Consent, Use
from consent.purposes import Purpose
from consent.selectors import grant_numbers
from consent.services import walks
from consent.services.consents import consents_withdraw
from consent.services.renewing import log_go_on
from tests import make
from tests.audit.restoring import rewind
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.consent.make import grant

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("db", "secrets_dir")]
OFFICER = Act("st-000000000001", "compliance")


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as running:
        yield running


@pytest.fixture
def house() -> make.House:
    return make.house()


def lose(signer: Signer, db: Database, house: make.House) -> None:
    """Sign more than the database keeps, as when yesterday's copy is put back."""
    signer.look(now=True)
    kept = Head.objects.get().size
    # Events without a row of the business, which a real restore would lose as well.
    for _ in range(3):
        walks.walk_open(token=walks.walk_issue(kiosk=house.kiosk)[1], language="en")
    signer.look(now=True)
    rewind(db, kept)
    signer.look(now=True)


def test_nothing_is_renewed_while_the_signer_signs(
    house: make.House, signer: Signer
) -> None:
    signer.look(now=True)
    with pytest.raises(LogNotRefused):
        log_go_on(act=OFFICER)


def test_the_new_log_names_what_was_lost_and_is_signed(
    house: make.House, signer: Signer, db: Database
) -> None:
    lose(signer, db, house)
    lost = signer.keeper.recall()
    before = Head.objects.get().log
    opened = log_go_on(act=OFFICER)
    assert {head.log: head.closed_at is None for head in Head.objects.all()} == {
        before: False,
        opened: True,
    }
    first = json.loads(bytes(Body.objects.get(log=opened, seq=0).body))
    assert first["type"] == "log.opened"
    assert first["act"] == {"id": OFFICER.id, "role": "compliance"}
    assert first["data"] == {
        "reason": "restored",
        "prior_log": before,
        "prior_size": lost.size,
        "prior_root": lost.root.hex(),
    }
    assert signer.look(now=True) == 1
    last = signing.checkpoint_latest(log=opened)
    assert last is not None
    assert notes.note_read(last.note).origin.endswith(opened)
    assert signing.refusal_open() is None
    assert list(log_faults()) == []


def test_consents_go_on_and_are_used_and_withdrawn_in_the_new_log(
    house: make.House, signer: Signer, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    consent = Consent.objects.get(subject=subject, purpose=Purpose.CONTACT)
    old = event_seq(eid=consent.granted_event_id)
    lose(signer, db, house)
    log_go_on(act=OFFICER)
    new = event_seq(eid=consent.granted_event_id)
    grants = event_list(kind="consent.granted", subject=subject.pseudonym)
    granted = next(one for one in grants if one["purpose"] == "contact")
    assert granted["seq"] == granted["consent"] == new
    assert granted["data"]["carried"] == old
    assert granted["rules"] == house.rules.sha256
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    ends = event_list(consent=new)
    assert [one["type"] for one in reversed(ends)][-2:] == [
        "consent.withdrawn",
        "key.destroyed",
    ]
    story = [
        one["type"]
        for one in subject_events(
            subject=subject.pseudonym, grants=grant_numbers(subject=subject)
        )
    ]
    assert story.count("consent.granted") == 4, "both logs are told"
    assert list(log_faults()) == []


def test_a_consent_whose_key_died_meanwhile_does_not_go_on(
    house: make.House, signer: Signer, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    consent = Consent.objects.get(subject=subject)
    lose(signer, db, house)
    keys.key_destroy(consent=consent.id)
    log_go_on(act=OFFICER)
    consent.refresh_from_db()
    assert consent.state == "expired"
    assert event_list(kind="consent.granted") == []
    old = Head.objects.get(closed_at__isnull=False).log
    assert event_list(log=old, kind="consent.expired")


def test_an_open_use_ends_in_the_old_log(
    house: make.House, signer: Signer, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk)
    lose(signer, db, house)
    gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        kiosk=house.kiosk,
        act=Act("k-1", "kiosk"),
        mode="enrol",
        model="dlib-resnet-1",
    )
    log_go_on(act=OFFICER)
    assert Use.objects.get().closed_at is not None
    old = Head.objects.get(closed_at__isnull=False).log
    assert event_list(log=old, kind="use.abandoned")
    assert gate.abandon_due() == 0


def test_new_consents_and_a_second_restore(
    house: make.House, signer: Signer, db: Database
) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    lose(signer, db, house)
    log_go_on(act=OFFICER)
    signer.look(now=True)
    later = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    memory = signer.keeper.recall()
    signer.keeper.remember(memory.but(size=memory.size + 1_000))
    signer.look(now=True)
    log_go_on(act=OFFICER)
    assert Head.objects.count() == 3
    assert Carried.objects.values("log").distinct().count() == 2
    for one in (subject, later):
        consents_withdraw(subject=one, purposes=None, act=VISITOR)
    assert list(log_faults()) == []
    assert signer.look(now=True) == 1


def test_both_logs_are_exported(
    house: make.House, signer: Signer, db: Database, tmp_path: Path
) -> None:
    make.person(kiosk=house.kiosk)
    lose(signer, db, house)
    old = Head.objects.get().log
    log_go_on(act=OFFICER)
    signer.look(now=True)
    scope = exports.export_scope()
    exports.export_now(scope=scope, target=tmp_path / "new.zip")
    assert (tmp_path / "new.zip").stat().st_size
    # The old one as far as it was signed.
    signed = signing.checkpoint_latest(log=old)
    assert signed is not None
    kept = exports.export_scope(log=old)
    assert (kept.log, kept.last) == (old, signed.size - 1)
    exports.export_now(scope=kept, target=tmp_path / "old.zip")


def test_a_grant_in_the_new_log_needs_no_carrying(
    house: make.House, signer: Signer, db: Database
) -> None:
    lose(signer, db, house)
    log_go_on(act=OFFICER)
    walk = make.walk_finished(kiosk=house.kiosk, yes={Purpose.ATTRIBUTION: True})
    assert walk.subject is not None
    grant(house, walk.subject)
    assert all(
        one["data"]["carried"] is None for one in event_list(kind="consent.granted")
    )
