"""The gate: nothing of a face without a permit, and no permit outlives its block."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading
from collections.abc import Iterator

import pytest
from django.db import connection, connections

from audit import demonstration
from audit.drafts import VISITOR
from audit.selectors import event_list
from consent import gate
from consent.challenges import Step
from consent.errors import (
    AssessmentRequired,
    ConsentEnded,
    ConsentRequired,
    PermitMisused,
    UseClosed,
)
from consent.models import Consent, ImpactAssessment, Subject, Use
from consent.purposes import Purpose
from consent.services import publishing
from consent.services.consents import consents_withdraw
from faces import pixels, services
from faces.matching import MODEL
from faces.models import FaceTemplate
from faces.selectors import enrolled
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded, hopper

pytestmark = pytest.mark.usefixtures("secrets_dir")


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


@pytest.fixture(scope="module")
def frame() -> bytes:
    return encoded(collins())


def _permit(house: make.House, subject: Subject, mode: str = "enrol", **more: object):  # type: ignore[no-untyped-def]
    return gate.permit(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode=mode,
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
        **more,  # type: ignore[arg-type]
    )


def _types(rows: int = 4) -> list[str]:
    return [event["type"] for event in event_list(rows=rows)]


def _public_services() -> Iterator[tuple[str, inspect.Signature]]:
    for name, found in inspect.getmembers(services, inspect.isfunction):
        if found.__module__ == services.__name__ and not name.startswith("_"):
            yield name, inspect.signature(found)


def test_every_public_service_of_faces_requires_a_permit() -> None:
    found = dict(_public_services())
    assert set(found) == {"compare", "encode", "enrol", "frame", "hint", "search"}
    for name, signature in found.items():
        permit = signature.parameters["permit"]
        assert permit.kind is inspect.Parameter.KEYWORD_ONLY, name
        assert permit.default is inspect.Parameter.empty, name
        assert permit.annotation == "Permit", name


def test_a_permit_cannot_be_made_copied_or_pickled(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    with _permit(house, subject) as permit:
        with pytest.raises(TypeError):
            gate.Permit(object(), use=Use(), act=VISITOR)
        with pytest.raises(TypeError):
            copy.copy(permit)
        with pytest.raises(TypeError):
            pickle.dumps(permit)


def test_without_a_consent_there_is_no_permit_and_the_log_says_so(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True}, face=False)
    with pytest.raises(ConsentRequired), _permit(house, subject):
        pytest.fail("the gate opened")
    assert _types(1) == ["gate.refused"]
    assert not Use.objects.exists()


def test_a_permit_after_its_block_is_refused_and_logged(
    house: make.House, frame: bytes
) -> None:
    subject = make.person(kiosk=house.kiosk)
    with _permit(house, subject) as permit:
        probe = services.encode(permit=permit, frames=[frame])
    for use in (
        lambda: services.hint(permit=permit, frame=frame),
        lambda: services.frame(permit=permit),
        lambda: services.encode(permit=permit, frames=[frame]),
        lambda: services.search(permit=permit, probe=probe),
        lambda: permit.settle().__enter__(),
    ):
        with pytest.raises(PermitMisused):
            use()
        assert _types(1) == ["gate.refused"]
        assert event_list(rows=1)[0]["data"]["reason"] == "closed"
    assert probe.subject == subject.id


def test_a_permit_for_another_mode_or_person_is_refused_and_logged(
    house: make.House, frame: bytes
) -> None:
    first = make.person(kiosk=house.kiosk)
    second = make.person(kiosk=house.kiosk)
    with _permit(house, first) as permit:
        probe = services.encode(permit=permit, frames=[frame])
    with _permit(house, second) as permit, pytest.raises(PermitMisused):
        with permit.settle() as record:
            services.enrol(permit=permit, record=record, probe=probe)
    assert event_list(kind="gate.refused", rows=1)[0]["data"]["reason"] == "subject"
    assert not FaceTemplate.objects.exists()
    with _permit(house, second) as permit, pytest.raises(PermitMisused):
        own = services.encode(permit=permit, frames=[frame])
        with permit.settle() as record:
            services.compare(permit=permit, record=record, probe=own)
    assert event_list(kind="gate.refused", rows=1)[0]["data"]["reason"] == "purpose"
    with pytest.raises(ConsentRequired):
        gate.begin(
            subject=second,
            purpose=Purpose.FACE_ATTRIBUTION,
            mode="enrol",
            model=MODEL,
            act=VISITOR,
            kiosk=house.kiosk,
        )


def test_another_kiosk_cannot_use_a_capture(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    other, _ = make.kiosk_paired(site=house.site, code="k-2")
    use = gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
    )
    with (
        pytest.raises(PermitMisused),
        gate.resume(use=use.id, act=make_face.AT_KIOSK, kiosk=other),
    ):
        pytest.fail("the gate opened")
    assert _types(1) == ["gate.refused"]


def test_no_frame_is_looked_at_after_a_withdrawal(house: make.House) -> None:
    """Commit 2 would keep the result back; here not even a permit is given."""
    subject = make.person(kiosk=house.kiosk)
    use = gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
    )
    consents_withdraw(subject=subject, purposes=None, act=VISITOR)
    with (
        pytest.raises(ConsentEnded),
        gate.resume(use=use.id, act=make_face.AT_KIOSK, kiosk=house.kiosk),
    ):
        pytest.fail("the gate opened")
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "ended"
    assert Use.objects.get(id=use.id).closed_at is not None


def test_no_transaction_is_open_between_start_and_result(
    house: make.House, frame: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = make.person(kiosk=house.kiosk)
    seen: list[bool] = []
    encode = pixels.encode

    def watched(frames: list[bytes], *, steps: list[Step], kept: bool) -> object:
        seen.append(connection.in_atomic_block)
        return encode(frames, steps=steps, kept=kept)

    monkeypatch.setattr(pixels, "encode", watched)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[frame])
    assert seen == [False]


def test_a_withdrawal_between_start_and_result_ends_as_a_refusal(
    house: make.House, frame: bytes
) -> None:
    subject = make.person(kiosk=house.kiosk)
    with _permit(house, subject) as permit:
        probe = services.encode(permit=permit, frames=[frame])
        consents_withdraw(subject=subject, purposes=None, act=VISITOR)
        with pytest.raises(ConsentEnded), permit.settle() as record:
            services.enrol(permit=permit, record=record, probe=probe)
    refused = event_list(kind="gate.refused", rows=1)[0]
    started = event_list(kind="capture.started", rows=1)[0]
    assert refused["data"] == {"reason": "ended", "start": started["seq"]}
    assert not FaceTemplate.objects.exists()
    assert not Use.objects.filter(closed_at=None).exists()


def test_a_withdrawal_waits_for_the_result_and_then_destroys_it(
    house: make.House, frame: bytes
) -> None:
    subject = make.person(kiosk=house.kiosk)

    def withdraw() -> None:
        consents_withdraw(subject=subject, purposes=None, act=VISITOR)
        connections.close_all()

    with _permit(house, subject) as permit:
        probe = services.encode(permit=permit, frames=[frame])
        with permit.settle() as record:
            racing = threading.Thread(target=withdraw)
            racing.start()
            racing.join(0.3)
            assert racing.is_alive()
            services.enrol(permit=permit, record=record, probe=probe)
    racing.join(10)
    assert not racing.is_alive()
    assert not FaceTemplate.objects.exists()
    kinds = [event["type"] for event in reversed(event_list(rows=8))]
    assert kinds.index("face.enrolled") < kinds.index("consent.withdrawn")
    assert kinds[-1] == "key.destroyed"


def test_a_candidate_who_withdrew_is_not_compared(
    house: make.House, frame: bytes
) -> None:
    enrolled_one = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=enrolled_one, kiosk=house.kiosk, frames=[frame])
    consent = Consent.objects.get(subject=enrolled_one)
    visitor = make.person(kiosk=house.kiosk)
    with _permit(house, visitor, "compare", candidates=[consent]) as permit:
        probe = services.encode(permit=permit, frames=[frame])
        consents_withdraw(subject=enrolled_one, purposes=None, act=VISITOR)
        with permit.settle() as record:
            answer = services.compare(permit=permit, record=record, probe=probe)
    assert (answer.verdict, answer.consent, answer.score) == ("no_match", None, None)


def test_a_candidate_who_withdrew_before_the_start_is_not_named(
    house: make.House,
) -> None:
    gone, stays = (make.person(kiosk=house.kiosk) for _ in range(2))
    named = list(Consent.objects.filter(subject__in=[gone, stays]).order_by("id"))
    consents_withdraw(subject=gone, purposes=None, act=VISITOR)
    with _permit(house, make.person(kiosk=house.kiosk), "compare", candidates=named):
        pass
    (granted,) = event_list(kind="consent.granted", subject=stays.pseudonym)
    (started,) = event_list(kind="face.compare.started")
    assert started["data"]["candidates"] == [granted["seq"]]
    with (
        pytest.raises(ConsentRequired),
        _permit(house, stays, "compare", candidates=named[:1]),
    ):
        pytest.fail("the gate opened")
    assert event_list(kind="gate.refused")[0]["data"]["reason"] == "no_candidate"


def test_the_same_face_matches_and_a_stranger_does_not(
    house: make.House, frame: bytes
) -> None:
    owner = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=owner, kiosk=house.kiosk, frames=[frame])
    candidates = enrolled(consents=list(Consent.objects.filter(subject=owner)))
    answers = {}
    for name, picture in (("owner", collins()), ("stranger", hopper())):
        answers[name] = make_face.compare(
            subject=make.person(kiosk=house.kiosk),
            kiosk=house.kiosk,
            frames=[encoded(picture)],
            candidates=candidates,
        )
    assert answers["owner"].verdict == "match"
    assert answers["owner"].consent == candidates[0]
    assert answers["stranger"].verdict == "no_match"
    assert answers["stranger"].consent is None


def test_a_stale_assessment_shuts_the_gate_at_once(
    house: make.House, frame: bytes
) -> None:
    subject = make.person(kiosk=house.kiosk)
    with _permit(house, subject) as permit:
        probe = services.encode(permit=permit, frames=[frame])
        publishing.assessment_go_stale(
            assessment=ImpactAssessment.objects.get(), reason="incident", act=VISITOR
        )
        with pytest.raises(ConsentEnded), permit.settle() as record:
            services.enrol(permit=permit, record=record, probe=probe)
    with pytest.raises(AssessmentRequired), _permit(house, subject):
        pytest.fail("the gate opened")


def test_a_use_has_one_end(house: make.House) -> None:
    subject = make.person(kiosk=house.kiosk)
    use = gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
    )
    assert gate.discard(use=use.id, act=make_face.AT_KIOSK, reason="stopped")
    assert not gate.discard(use=use.id, act=make_face.AT_KIOSK, reason="stopped")
    with (
        pytest.raises(UseClosed),
        gate.resume(use=use.id, act=make_face.AT_KIOSK, kiosk=house.kiosk),
    ):
        pytest.fail("the gate opened")
    assert gate.abandon_due() == 0


def test_a_start_that_nobody_answers_is_abandoned(db: Database, frame: bytes) -> None:
    house = make.house(demonstration_clock=True)
    subject = make.person(kiosk=house.kiosk)
    use = gate.begin(
        subject=subject,
        purpose=Purpose.FACE_CHECKIN,
        mode="enrol",
        model=MODEL,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
    )
    with gate.resume(use=use.id, act=VISITOR, kiosk=house.kiosk) as permit:
        gate.seize(permit=permit)
        with pytest.raises(UseClosed):
            gate.seize(permit=permit)
    assert gate.abandon_due() == 0
    with demonstration.clock_shifted(seconds=gate.ANSWER_SECONDS + 1):
        assert gate.abandon_due() == 1
    abandoned = event_list(kind="use.abandoned", rows=1)[0]
    assert abandoned["data"]["start"] == event_list(kind="capture.started")[0]["seq"]
