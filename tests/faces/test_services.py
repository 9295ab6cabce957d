"""A template at rest, and what enrolling and comparing leave of a face."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from audit.selectors import event_list, log_faults
from consent import gate, keys
from consent.errors import KeyMissing
from consent.models import CaptureSession, Consent, Use
from consent.purposes import Purpose
from faces import services
from faces.matching import EMBEDDING_LENGTH, MATCH_MIN_SCORE, MODEL
from faces.models import FaceTemplate
from faces.selectors import enrolled, face_enrolled, templates_count
from faces.services import SCORE_MAX, SCORE_UNIT, Probe
from faces.templates import template_open, template_seal
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded

pytestmark = [pytest.mark.usefixtures("secrets_dir"), pytest.mark.vision]

FACE = np.linspace(-0.2, 0.2, EMBEDDING_LENGTH)


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house()


def _enrolled(house: make.House) -> Consent:
    subject = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    return Consent.objects.get(subject=subject)


def _stored(consent: Consent, sealed: bytes, model: str = MODEL) -> FaceTemplate:
    return FaceTemplate(
        live=consent.key, subject=consent.subject, model=model, sealed=sealed
    )


def test_a_template_opens_for_its_consent_and_model_only(house: make.House) -> None:
    make.person(kiosk=house.kiosk)
    make.person(kiosk=house.kiosk)
    own, other = Consent.objects.order_by("id")
    sealed = template_seal(consent=own, model=MODEL, embedding=FACE)
    assert FACE.tobytes()[:16] not in sealed
    opened = template_open(consent=own, template=_stored(own, sealed))
    assert np.array_equal(opened, FACE)
    with pytest.raises(KeyMissing):
        template_open(consent=other, template=_stored(other, sealed))
    with pytest.raises(KeyMissing):
        template_open(consent=own, template=_stored(own, sealed, "another-model"))
    keys.key_destroy(consent=own.id)
    with pytest.raises(KeyMissing):
        template_open(consent=own, template=_stored(own, sealed))


def test_enrolling_stores_one_sealed_template_and_closes_the_use(
    house: make.House,
) -> None:
    consent = _enrolled(house)
    template = FaceTemplate.objects.get()
    assert (template.live, template.subject_id) == (consent.live, consent.subject_id)
    assert template_open(consent=consent, template=template).shape == (128,)
    started, ended = reversed(event_list(subject=consent.subject.pseudonym, rows=2))
    assert (started["type"], ended["type"]) == ("capture.started", "face.enrolled")
    assert ended["data"] == {"start": started["seq"], "model": MODEL, "frames": 1}
    assert not CaptureSession.objects.exists()
    assert not Use.objects.filter(closed_at=None).exists()
    assert face_enrolled(subject=consent.subject, site=house.site)
    assert templates_count() == 1
    assert list(log_faults()) == []


def test_enrolling_again_replaces_the_template(house: make.House) -> None:
    consent = _enrolled(house)
    before = FaceTemplate.objects.get()
    frame = encoded(collins())
    make_face.enrol(subject=consent.subject, kiosk=house.kiosk, frames=[frame])
    after = FaceTemplate.objects.get()
    assert after.id != before.id
    assert after.enrolled_event_id != before.enrolled_event_id


def test_a_candidate_whose_key_is_gone_is_not_compared(house: make.House) -> None:
    consent = _enrolled(house)
    visitor = make.person(kiosk=house.kiosk)
    keys.key_destroy(consent=consent.id)
    answer = make_face.compare(
        subject=visitor,
        kiosk=house.kiosk,
        frames=[encoded(collins())],
        candidates=[consent],
    )
    assert (answer.verdict, answer.consent, answer.score) == ("no_match", None, None)


def test_a_comparison_is_told_with_its_score_and_candidates(
    house: make.House,
) -> None:
    consent = _enrolled(house)
    visitor = make.person(kiosk=house.kiosk)
    answer = make_face.compare(
        subject=visitor,
        kiosk=house.kiosk,
        frames=[encoded(collins())],
        candidates=[consent],
    )
    granted, compared = (
        event_list(kind=kind, subject=person)[0]
        for kind, person in (
            ("consent.granted", consent.subject.pseudonym),
            ("face.compared", visitor.pseudonym),
        )
    )
    assert compared["data"]["candidates"] == [granted["seq"]]
    assert compared["data"]["score"] == answer.score
    assert compared["data"]["verdict"] == answer.verdict == "match"
    assert answer.score is not None
    assert MATCH_MIN_SCORE * SCORE_UNIT <= answer.score <= SCORE_MAX * SCORE_UNIT
    assert templates_count() == 1


def test_only_those_with_a_template_of_this_model_are_enrolled(
    house: make.House,
) -> None:
    consent = _enrolled(house)
    make.person(kiosk=house.kiosk)
    assert enrolled(consents=list(Consent.objects.all())) == [consent]
    assert enrolled(consents=[]) == []


def test_no_number_of_a_face_is_in_the_text_of_a_probe() -> None:
    probe = Probe(subject=uuid.uuid4(), mean=FACE, model=MODEL, frames=1)
    assert "mean" not in repr(probe)
    assert "0.2" not in repr(probe)


def test_an_older_model_is_enrolled_again_and_compared_with_nobody(
    house: make.House,
) -> None:
    subject = make.person(kiosk=house.kiosk)
    other = make.person(kiosk=house.kiosk)
    older = Probe(subject=subject.id, mean=FACE, model="older", frames=1)
    with (
        gate.permit(
            subject=subject,
            purpose=Purpose.FACE_CHECKIN,
            mode="enrol",
            model="older",
            act=make_face.AT_KIOSK,
            kiosk=house.kiosk,
        ) as permit,
        permit.settle() as record,
    ):
        services.enrol(permit=permit, record=record, probe=older)
    mine = Consent.objects.get(subject=subject)
    assert FaceTemplate.objects.get().model == "older"
    assert enrolled(consents=[mine]) == []
    assert not face_enrolled(subject=subject, site=house.site)
    answer = make_face.compare(
        subject=other, kiosk=house.kiosk, frames=[encoded(collins())], candidates=[mine]
    )
    assert (answer.verdict, answer.score) == ("no_match", None)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    assert FaceTemplate.objects.get().model == MODEL
    assert face_enrolled(subject=subject, site=house.site)
    assert list(log_faults()) == []
