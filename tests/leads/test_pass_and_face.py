"""A face compared with the one that a pass names, and with nobody else."""

from __future__ import annotations

import pytest

from audit.selectors import event_list
from consent.models import Consent, Use
from leads.models import Visit
from leads.stories import diary
from tests import make as houses
from tests.faces.photographs import collins, hopper
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.leads.test_camera import DETAILS, compared, enrolled, kind, shot

pytestmark = [pytest.mark.vision, pytest.mark.slow]


@pytest.fixture
def narrow(kiosk: KioskBrowser, office: make.Office) -> KioskBrowser:
    """The kiosk of a site that compares one with one."""
    document = houses.compares(houses.rules_document("2026-02"), "1:1")
    houses.rules_published(site=office.site, document=document)
    return kiosk


def pass_of(phone: Phone) -> str:
    return str(phone.get("/visit/done/").context["pass_code"])


def test_a_pass_and_a_face(narrow: KioskBrowser) -> None:
    phone = Phone()
    enrolled(narrow, phone, collins())
    person = Consent.objects.get(purpose="face.checkin", once=False).subject
    assert 'value="face"' in narrow.get("/kiosk/return/pass/").content.decode()
    typed = {"code": pass_of(phone), "way": "face"}
    answer = narrow.post("/kiosk/return/pass/", typed)
    assert answer["Location"] == "/kiosk/return/face/consent/"
    assert Visit.objects.count() == 1
    asked = narrow.get(answer["Location"])
    assert "这个通行码登记过的脸" in words_of(asked)
    tapped = narrow.post(answer["Location"], {"answer": "compare"})
    assert kind(shot(narrow, tapped["Location"], collins())) == "confirm"
    narrow.post("/kiosk/return/face/yes/")
    latest = Visit.objects.order_by("-at").first()
    assert latest is not None
    assert (latest.subject, latest.verified_by) == (person, "face")
    use = Use.objects.get(mode="compare")
    assert (use.matching, len(use.candidates)) == ("1:1", 1)


def test_a_pass_in_another_hand(narrow: KioskBrowser) -> None:
    phone = Phone()
    enrolled(narrow, phone, collins())
    narrow.post("/kiosk/return/pass/", {"code": pass_of(phone), "way": "face"})
    tapped = narrow.post("/kiosk/return/face/consent/", {"answer": "compare"})
    assert kind(shot(narrow, tapped["Location"], hopper())) == "no_match"
    assert Visit.objects.count() == 1


def looked_at(language: str) -> list[str]:
    """Return what the enrolled person's diary says of comparisons with others."""
    person = Consent.objects.get(purpose="face.checkin", once=False).subject
    told = [row["detail"] for row in diary(subject=person) if row["detail"]]
    texts = [detail.text(language) for detail in told]
    return [text for text in texts if "模板" in text or "template" in text]


def test_the_diary_says_by_what_a_template_was_looked_at(
    narrow: KioskBrowser,
) -> None:
    phone = Phone()
    enrolled(narrow, phone, collins())
    narrow.post("/kiosk/return/pass/", {"code": pass_of(phone), "way": "face"})
    tapped = narrow.post("/kiosk/return/face/consent/", {"answer": "compare"})
    shot(narrow, tapped["Location"], hopper())
    # Nobody gave any digits.
    assert looked_at("zh-hans") == ["有人用您的通行码，比对时看过您的模板"]
    assert looked_at("en") == ["Somebody used your pass; your template was compared"]


def test_the_diary_says_that_somebody_gave_the_same_digits(
    kiosk: KioskBrowser,
) -> None:
    enrolled(kiosk, Phone(), collins())
    compared(kiosk, "5678", hopper())
    assert looked_at("zh-hans") == ["有人报了和您一样的尾号，比对时看过您的模板"]


def test_four_digits_are_not_offered_there(narrow: KioskBrowser) -> None:
    enrolled(narrow, Phone(), collins())
    assert "/kiosk/return/face/" not in narrow.get("/kiosk/return/").content.decode()
    answer = narrow.post("/kiosk/return/face/", {"digits": "5678"})
    assert answer.status_code == 403
    assert "这里不这样比对人脸" in words_of(answer)
    assert not Use.objects.filter(mode="compare").exists()


def test_a_pass_without_a_face_opens_no_camera(kiosk: KioskBrowser) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    typed = {"code": pass_of(phone), "way": "face"}
    answer = kiosk.post("/kiosk/return/pass/", typed)
    assert answer.status_code == 404
    assert "不需要开摄像头" in words_of(answer)
    assert not event_list(kind="face.compare.started")


def test_no_other_way_is_known(kiosk: KioskBrowser) -> None:
    answer = kiosk.post("/kiosk/return/pass/", {"code": "ABCD-EFGH", "way": "all"})
    assert answer.status_code == 400
