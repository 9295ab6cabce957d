"""Two people walk through the house in real browsers, before real (fake) cameras.

Eileen Collins enrols, comes back in three ways and withdraws; Grace Hopper tries to be
her. A third guest refuses everything. Whenever a page asks for a camera, the database
is asked at that very moment whether somebody consented to it.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field

import pytest
from django.core.management import call_command

from audit.selectors import event_list, log_faults
from consent import keys
from consent.models import CaptureSession, Consent, Subject, Use
from consent.purposes import Purpose
from faces.models import FaceTemplate
from leads.models import Visit
from tests.browser import walking
from tests.browser.conftest import Stage
from tests.browser.stage import Device
from tests.faces.photographs import collins, hopper

pytestmark = [pytest.mark.browser, pytest.mark.vision]


@dataclass
class Ledger:
    """What the server knew each time a page asked the browser for its camera."""

    modes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __call__(self, device: Device, path: str) -> None:
        del device
        name = path.strip("/").rsplit("/", 1)[-1]
        try:
            use = Use.objects.select_related("consent").get(id=uuid.UUID(name))
        except (ValueError, Use.DoesNotExist):
            self.wrong.append(f"no use behind {path}")
            return
        self.modes.append(use.mode)
        consent = use.consent
        if consent.live is None or consent.state != "active":
            self.wrong.append(f"{use.mode}: the consent is not live")
        if (consent.subject_id, consent.purpose) != (use.subject_id, use.purpose):
            self.wrong.append(f"{use.mode}: somebody else's consent")
        if use.closed_at is not None or not CaptureSession.objects.filter(use=use):
            self.wrong.append(f"{use.mode}: no open use")


@pytest.fixture
def ledger(stage: Stage) -> Ledger:
    made = Ledger()
    stage.on_camera = made
    return made


def kinds(subject: Subject) -> set[str]:
    return {one["type"] for one in event_list(subject=subject.pseudonym)}


def no_camera(*devices: Device) -> None:
    """Nobody was asked for a camera, and its script was not even loaded."""
    for device in devices:
        assert device.camera_asked == []
        assert not [url for url in device.requested if "/js/camera" in url]


def test_enrol_return_impostor_withdraw(stage: Stage, ledger: Ledger) -> None:
    kiosk = stage.kiosk("collins", collins())
    phone = stage.phone()
    pass_code = enrols(kiosk, phone, ledger)
    returns_by_face(kiosk, ledger)
    returns_by_pass_and_number(kiosk, pass_code)
    returns_by_scanning(kiosk, phone)
    impostor(stage.before(kiosk, "hopper", hopper()), ledger)
    withdraws(kiosk, phone, ledger, pass_code)
    assert ledger.wrong == []
    assert ledger.modes == ["enrol", "compare", "compare"]
    assert kiosk.camera_asked != []
    assert phone.camera_asked == []
    assert list(log_faults()) == []
    call_command("audit_verify", stdout=io.StringIO())


def enrols(kiosk: Device, phone: Device, ledger: Ledger) -> str:
    short = walking.scan(kiosk, phone)
    kiosk.page.wait_for_selector(f"[data-guests] >> text={short}")
    walking.choose(phone, ["contact", "attribution"])
    walking.answer_face(phone, "face")
    walking.leave_details(phone)
    assert phone.page.locator(".receipt").is_visible()
    pass_code = phone.page.locator(".pass-code").inner_text()
    subject = Subject.objects.get()
    live = Consent.objects.filter(subject=subject, state="active")
    assert set(live.values_list("purpose", flat=True)) == {
        Purpose.CONTACT,
        Purpose.ATTRIBUTION,
        Purpose.FACE_CHECKIN,
    }
    # All is said and done, and still no camera has been asked for.
    no_camera(kiosk, phone)
    walking.start_camera(kiosk, phone)
    kiosk.at("/kiosk/answer/")
    assert kiosk.heading() == "好了，请进"
    assert ledger.modes == ["enrol"]
    assert kiosk.ended_tracks() == ["ended"]
    assert FaceTemplate.objects.get().subject_id == subject.id
    walking.forget(kiosk)
    return pass_code


def returns_by_face(kiosk: Device, ledger: Ledger) -> None:
    walking.come_back(kiosk, "face")
    walking.type_keys(kiosk, walking.ENDING)
    kiosk.at("/kiosk/return/face/consent/")
    assert ledger.modes == ["enrol"]
    kiosk.page.click("button[name=answer][value=compare]")
    kiosk.at("/kiosk/answer/")
    kiosk.page.click("form[action$='/return/face/yes/'] button")
    kiosk.page.wait_for_selector("h1 >> text=欢迎回来")
    assert set(kiosk.ended_tracks()) == {"ended"}
    assert Visit.objects.latest("at").verified_by == "face"
    walking.forget(kiosk)


def returns_by_pass_and_number(kiosk: Device, pass_code: str) -> None:
    before = len(kiosk.camera_asked)
    walking.come_back(kiosk, "pass")
    walking.type_keys(kiosk, pass_code.replace("-", ""))
    kiosk.at("/kiosk/answer/")
    assert kiosk.heading() == "登记好了，请进"
    walking.forget(kiosk)
    walking.come_back(kiosk, "phone")
    walking.type_keys(kiosk, walking.NUMBER)
    kiosk.at("/kiosk/answer/")
    assert kiosk.heading() == "登记好了，请进"
    walking.forget(kiosk)
    # A visit by number is the same day's, so only how it was verified is new.
    assert {"face", "pass"} <= set(Visit.objects.values_list("verified_by", flat=True))
    assert len(kiosk.camera_asked) == before


def returns_by_scanning(kiosk: Device, phone: Device) -> None:
    """Scan the kiosk's code with the phone that holds the pass: one more tap."""
    visits = Visit.objects.count()
    page = phone.context.new_page()
    held = Device(context=phone.context, page=page, url=phone.url)
    walking.scan(kiosk, held)
    page.click("form[action$='/visit/again/'] button")
    held.at("/visit/again/")
    assert held.heading() == "欢迎回来，登记好了"
    assert Visit.objects.count() == visits + 1
    page.close()


def impostor(kiosk: Device, ledger: Ledger) -> None:
    visits, people = Visit.objects.count(), Subject.objects.count()
    walking.come_back(kiosk, "face")
    walking.type_keys(kiosk, walking.ENDING)
    kiosk.at("/kiosk/return/face/consent/")
    # Before the own tap there is neither a camera nor anything about them.
    assert Subject.objects.count() == people
    no_camera(kiosk)
    kiosk.page.click("button[name=answer][value=compare]")
    kiosk.at("/kiosk/answer/")
    assert kiosk.heading() == "没有找到对应的登记"
    assert kiosk.ended_tracks() == ["ended"]
    use = Use.objects.latest("opened_at")
    assert use.mode == "compare"
    assert ledger.modes[-1] == "compare"
    probe = use.subject
    (consent,) = Consent.objects.filter(subject=probe)
    assert consent.once
    assert consent.live is None
    assert keys.key_missing(consent=consent.id)
    assert not FaceTemplate.objects.filter(subject=probe).exists()
    assert FaceTemplate.objects.count() == 1
    assert not CaptureSession.objects.exists()
    assert Visit.objects.count() == visits
    assert {"consent.granted", "face.compared", "consent.expired"} <= kinds(probe)
    walking.forget(kiosk)


def withdraws(kiosk: Device, phone: Device, ledger: Ledger, pass_code: str) -> None:
    template = FaceTemplate.objects.get()
    consent = Consent.objects.get(live=template.live)
    phone.page.click("a[href*='/me/open/']")
    phone.at("/me/")
    phone.page.click("form:has(input[value='face.checkin']) button")
    phone.at("/me/stopped/")
    # One press gave it; one press ended it.
    consent.refresh_from_db()
    assert consent.state == "withdrawn"
    assert keys.key_missing(consent=consent.id)
    assert not FaceTemplate.objects.exists()
    kiosk.expected = {404}
    walking.come_back(kiosk, "face")
    walking.type_keys(kiosk, walking.ENDING)
    kiosk.page.wait_for_selector("#typed-errors")
    assert "没有登记过" in kiosk.page.inner_text("#typed-errors")
    phone.go("/me/")
    phone.page.click("form[action$='/me/stop/all/'] button")
    phone.at("/me/stopped/")
    assert not Consent.objects.filter(state="active").exists()
    assert keys.keys_stored() == {}
    for way, text in (("pass", pass_code.replace("-", "")), ("phone", walking.NUMBER)):
        kiosk.go("/kiosk/")
        walking.come_back(kiosk, way)
        walking.type_keys(kiosk, text)
        kiosk.page.wait_for_selector("#typed-errors")


def test_a_refusal_costs_nothing(stage: Stage, ledger: Ledger) -> None:
    kiosk = stage.kiosk("hopper", hopper())
    phone, other = stage.phone(), stage.phone()
    walking.scan(kiosk, phone)
    walking.choose(phone)
    walking.answer_face(phone, "plain")
    walking.leave_details(phone)
    assert phone.heading() == "好的，请进"
    refused = [path for path in phone.pages if not path.startswith("/s/")]
    # Refused once more, on the screen that has the camera.
    kiosk.page.click("form[action$='/kiosk/here/'] button")
    walking.choose(kiosk)
    walking.answer_face(kiosk, "plain")
    walking.leave_details(kiosk)
    walking.forget(kiosk)
    assert not Subject.objects.exists()
    assert not Consent.objects.exists()
    assert Visit.objects.filter(subject=None).count() == 2
    assert keys.keys_stored() == {}

    walking.scan(kiosk, other)
    walking.choose(other, ["contact", "attribution"])
    walking.answer_face(other, "face")
    walking.leave_details(other)
    agreed = [path for path in other.pages if not path.startswith("/s/")]
    assert refused == agreed
    assert len(refused) == 4
    no_camera(phone, kiosk, other)
    assert ledger.modes == []
    assert list(log_faults()) == []


def test_under_14_is_asked_for_no_face(stage: Stage) -> None:
    kiosk, phone = stage.kiosk(), stage.phone()
    walking.scan(kiosk, phone)
    walking.choose(phone, ["contact"], age="under_14")
    phone.at("/visit/done/")
    assert not {"/visit/face/", "/visit/details/"} & set(phone.pages)
    assert not Subject.objects.exists()
    no_camera(phone, kiosk)
