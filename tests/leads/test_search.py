"""Coming back by one's face alone, on one's own tap, where the site may search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from audit.drafts import VISITOR
from audit.selectors import event_list, log_faults
from consent.models import Consent, Rules, Use
from consent.services.consents import consents_withdraw
from leads.models import Visit
from leads.stories import diary
from tests import make as houses
from tests.faces.photographs import collins, hopper
from tests.faces.searching import process, rules_of_a_search, searched
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.leads.test_camera import enrolled, kind, shot

pytestmark = [pytest.mark.vision, pytest.mark.slow]

CONSENT = "/kiosk/return/face/consent/"


@pytest.fixture
def wide(office: make.Office, kiosk: KioskBrowser) -> KioskBrowser:
    """The kiosk of a site whose rules and assessment allow a search."""
    searched(office.site)
    return kiosk


@pytest.fixture
def running(
    wide: KioskBrowser, process_env: dict[str, str], tmp_path: Path
) -> Iterator[None]:
    with process(process_env, tmp_path):
        yield


def tapped(kiosk: KioskBrowser) -> str:
    assert kiosk.post("/kiosk/return/search/")["Location"] == CONSENT
    assert "登记过的每一位客人" in words_of(kiosk.get(CONSENT))
    answer = kiosk.post(CONSENT, {"answer": "compare"})
    assert answer.status_code == 302, words_of(answer)
    return str(answer["Location"])


def test_who_is_enrolled_is_found_asked_and_welcome(
    wide: KioskBrowser, running: None
) -> None:
    enrolled(wide, Phone(), collins())
    person = Consent.objects.get(purpose="face.checkin").subject
    assert "/kiosk/return/search/" in wide.get("/kiosk/return/").content.decode()
    assert kind(shot(wide, tapped(wide), collins())) == "ask"
    assert Visit.objects.count() == 1
    wide.post("/kiosk/return/face/yes/")
    latest = Visit.objects.order_by("-at").first()
    assert latest is not None
    assert (latest.subject, latest.verified_by) == (person, "face")
    use = Use.objects.get(mode="compare")
    assert (use.matching, use.gallery, use.candidates) == ("1:n", 1, [])
    told = [
        row["detail"].text("zh-hans") for row in diary(subject=person) if row["detail"]
    ]
    assert "有人只用脸登记，最像您，问过是不是您" in told
    assert list(log_faults()) == []


def test_a_stranger_is_nobody_and_leaves_nothing(
    wide: KioskBrowser, running: None
) -> None:
    enrolled(wide, Phone(), collins())
    assert kind(shot(wide, tapped(wide), hopper())) == "no_match"
    probe = Consent.objects.get(once=True)
    assert (probe.state, probe.live) == ("expired", None)
    assert Visit.objects.count() == 1


def test_with_nobody_enrolled_no_camera_is_needed(
    wide: KioskBrowser, running: None
) -> None:
    assert wide.post("/kiosk/return/search/")["Location"] == CONSENT
    answer = wide.post(CONSENT, {"answer": "compare"})
    assert answer.status_code == 404
    assert not Consent.objects.filter(once=True).exists()


def test_who_withdrew_is_not_found(wide: KioskBrowser, running: None) -> None:
    enrolled(wide, Phone(), collins())
    enrolled(wide, Phone(), hopper())
    first = Consent.objects.filter(purpose="face.checkin").earliest("granted_at")
    path = tapped(wide)
    consents_withdraw(subject=first.subject, purposes=None, act=VISITOR)
    assert kind(shot(wide, path, collins())) == "no_match"
    assert event_list(kind="face.compared")[0]["data"]["gallery"] == 1


def test_without_its_process_the_other_ways_stay(wide: KioskBrowser) -> None:
    enrolled(wide, Phone(), collins())
    assert wide.post("/kiosk/return/search/")["Location"] == CONSENT
    answer = wide.post(CONSENT, {"answer": "compare"})
    assert answer.status_code == 503
    assert "没法和所有人比对" in words_of(answer)
    assert not Use.objects.filter(mode="compare").exists()


def test_a_search_that_nobody_answers_leads_to_the_other_ways(
    wide: KioskBrowser, process_env: dict[str, str], tmp_path: Path
) -> None:
    with process(process_env, tmp_path):
        enrolled(wide, Phone(), collins())
        path = tapped(wide)
    page = shot(wide, path, collins())
    assert page.context["answer"]["reasons"] == ["gallery_away"]
    assert "现在没法和所有人比对，请换个办法" in words_of(page)
    body = page.content.decode()
    assert reverse("leads:return_pass") in body
    assert reverse("leads:return_phone") in body
    # Again would search again, and nobody would answer again.
    assert reverse("leads:camera_again") not in body
    wide.client.cookies["lang"] = "en"
    assert "We cannot search just now" in words_of(wide.get("/kiosk/answer/"))


def test_a_site_of_few_offers_none(kiosk: KioskBrowser) -> None:
    enrolled(kiosk, Phone(), collins())
    assert "/kiosk/return/search/" not in kiosk.get("/kiosk/return/").content.decode()
    assert kiosk.post("/kiosk/return/search/").status_code == 403
    assert not Use.objects.filter(mode="compare").exists()


def test_a_tap_counts_for_the_width_that_stood_on_the_screen(
    wide: KioskBrowser, running: None
) -> None:
    """Another tab of the kiosk may have gone on to a search meanwhile."""
    enrolled(wide, Phone(), collins())
    wide.post("/kiosk/return/search/")
    answer = wide.post(CONSENT, {"answer": "compare", "matching": "1:few"})
    assert answer.status_code == 400
    assert not Consent.objects.filter(once=True).exists()
    assert not Use.objects.filter(mode="compare").exists()


def test_a_tap_counts_for_the_rules_that_stood_on_the_screen(
    wide: KioskBrowser, office: make.Office, running: None
) -> None:
    enrolled(wide, Phone(), collins())
    wide.post("/kiosk/return/search/")
    before = Rules.objects.get(retired_at=None).sha256
    document = rules_of_a_search("2026-03")
    houses.rules_published(site=office.site, document=document)
    answer = wide.post(CONSENT, {"answer": "compare", "rules": before})
    assert answer.status_code == 400
    assert "刚刚换了新的说明" in words_of(answer)
    assert not Consent.objects.filter(once=True).exists()
    assert wide.post(CONSENT, {"answer": "compare"}).status_code == 302
