"""The presence check at the kiosk: asked for, hinted at, judged whole, and told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit.selectors import event_list, log_faults
from consent.challenges import Step
from consent.models import Use, Walk
from faces.models import FaceTemplate
from leads import turns
from leads.models import Attempt
from leads.turns import BEGUN_MAX
from tests.conftest import Database
from tests.faces.photographs import collins, encoded
from tests.faces.presenting import COLLINS_BOX, asked, burst
from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone, words_of
from tests.leads.test_camera import DETAILS, JSON, started
from tests.leads.test_turns import WALL

pytestmark = [pytest.mark.vision, pytest.mark.slow]


@pytest.fixture
def office(db: Database, secrets_dir: Path) -> make.Office:
    """A site whose rules ask for a presence check."""
    return make.office(presence=True)


def files(pictures: Sequence[Image.Image], name: str = "frame") -> dict[str, Any]:
    return {
        name: [
            SimpleUploadedFile("frame.jpg", encoded(one, quality=92), "image/jpeg")
            for one in pictures
        ]
    }


def begun(kiosk: KioskBrowser) -> tuple[str, list[Step]]:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    path = started(kiosk, phone)
    return path, [Step(one) for one in Use.objects.latest("opened_at").challenge]


def test_somebody_who_moves_as_asked_is_enrolled(kiosk: KioskBrowser) -> None:
    path, steps = begun(kiosk)
    page = kiosk.get(path)
    assert page.context["steps"] == ",".join(steps)
    assert "在场检查，未经认证" in words_of(page)
    shown = files(burst(collins, COLLINS_BOX, steps))
    answer = kiosk.post(f"{path}burst/", shown, **JSON)
    assert answer.json() == {"next": "/kiosk/answer/"}
    assert kiosk.get("/kiosk/answer/").context["answer"]["kind"] == "enrolled"
    assert FaceTemplate.objects.count() == 1
    use = Use.objects.get()
    assert use.seized_at is not None
    assert use.present_at is not None
    assert use.present_at >= use.seized_at
    assert event_list(rows=2)[0]["data"]["frames"] == 3
    assert list(log_faults()) == []


def test_a_photograph_is_told_what_was_not_seen_and_leaves_nothing(
    kiosk: KioskBrowser,
) -> None:
    path, steps = begun(kiosk)
    answer = kiosk.post(f"{path}burst/", files([collins()] * 5), **JSON).json()
    assert answer["reasons"] == [f"unseen_{steps[0]}"]
    page = kiosk.get("/kiosk/answer/")
    words = {"left": "向左转", "right": "向右转", "nearer": "靠近"}
    assert words[steps[0]] in words_of(page)
    assert "到前台办理" in words_of(page)
    assert "在场检查，未经认证" in words_of(page)
    end = event_list(rows=1)[0]
    assert (end["type"], end["data"]["reason"]) == ("capture.discarded", "presence")
    assert not FaceTemplate.objects.exists()
    assert Use.objects.get().present_at is None
    # It may be tried again; an enrolment is no attempt at being somebody else.
    assert not Attempt.objects.exists()
    again = kiosk.post("/kiosk/camera/again/")
    assert again["Location"].startswith("/kiosk/capture/")
    assert Use.objects.count() == 2


def test_a_still_face_is_not_compared_either(kiosk: KioskBrowser) -> None:
    path, steps = begun(kiosk)
    kiosk.post(f"{path}burst/", files(burst(collins, COLLINS_BOX, steps)), **JSON)
    kiosk.get("/kiosk/return/")
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    asked_page = kiosk.get("/kiosk/return/face/consent/")
    assert "在场检查，未经认证" in words_of(asked_page)
    tapped = kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})
    path = tapped["Location"]
    answer = kiosk.post(f"{path}burst/", files([collins()] * 10), **JSON).json()
    assert answer["reasons"][0].startswith("unseen_")
    ends = [event["type"] for event in event_list(rows=6)]
    assert "capture.discarded" in ends
    assert "face.compared" not in ends
    # It counts as a face that was nobody's: many of them close the way back.
    assert Attempt.objects.count() == 1


def test_a_comparison_without_a_face_is_no_attempt_and_keeps_its_order(
    kiosk: KioskBrowser,
) -> None:
    path, steps = begun(kiosk)
    kiosk.post(f"{path}burst/", files(burst(collins, COLLINS_BOX, steps)), **JSON)
    kiosk.post("/kiosk/return/face/", {"digits": "5678"})
    drawn = set()
    for shown in [[], [WALL] * 10, []] * 3:
        tapped = kiosk.post("/kiosk/return/face/consent/", {"answer": "compare"})
        path = tapped["Location"]
        drawn.add(kiosk.get(path).context["steps"])
        kiosk.post(f"{path}burst/", files(shown), **JSON)
    assert len(drawn) == 1
    assert not Attempt.objects.exists()


def test_pressing_start_draws_no_other_order_and_ends_after_a_while(
    kiosk: KioskBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("contact",), face=True, details=DETAILS)
    drawn = {kiosk.get(started(kiosk, phone)).context["steps"]}
    walk = Walk.objects.get(subject__isnull=False)
    for press in range(BEGUN_MAX - 1):
        answer = kiosk.post("/kiosk/camera/", {"id": walk.id})
        drawn.add(kiosk.get(answer["Location"]).context["steps"])
        assert Use.objects.count() == press + 2
    # Nor does another guest have another one.
    other = Phone()
    elsewhere = {**DETAILS, "phone": "138 1234 0000"}
    other.walk(kiosk.code(), yes=("contact",), face=True, details=elsewhere)
    other.post("/visit/camera/")
    newer = Walk.objects.exclude(id=walk.id).get(subject__isnull=False)
    answer = kiosk.post("/kiosk/camera/", {"id": newer.id})
    drawn.add(kiosk.get(answer["Location"]).context["steps"])
    assert len(drawn) == 1
    answer = kiosk.post("/kiosk/camera/", {"id": walk.id})
    assert answer["Location"] == "/kiosk/answer/"
    assert kiosk.get("/kiosk/answer/").context["answer"]["kind"] == "late"
    assert Use.objects.count() == BEGUN_MAX + 1
    monkeypatch.setattr(turns, "AGAIN_COUNTED", timedelta(0))
    answer = kiosk.post("/kiosk/camera/", {"id": walk.id})
    assert answer["Location"].startswith("/kiosk/capture/")


def test_a_hint_answers_the_step_that_was_asked(kiosk: KioskBrowser) -> None:
    path, steps = begun(kiosk)
    first, last = steps[0], steps[-1]

    def hint(picture: Image.Image, step: str, *, straight: bool = True) -> Any:
        sent = {**files([picture]), "step": step}
        if straight:
            sent |= files([collins()], "straight")
        return kiosk.post(f"{path}hint/", sent, **JSON).json()

    assert hint(collins(), "straight", straight=False)["ok"] is True
    moved = {step: asked(step, COLLINS_BOX)(collins()) for step in (first, last)}
    assert hint(moved[first], first)["ok"] is True
    assert hint(collins(), first) == {
        "ok": False,
        "other": False,
        "reasons": [],
        "text": "",
    }
    assert hint(moved[last], first)["other"] is True
    # Nothing of a hint is a proof: the burst is judged by itself.
    answer = kiosk.post(f"{path}burst/", files([collins()] * 10), **JSON).json()
    assert answer["reasons"] == [f"unseen_{first}"]


@pytest.mark.parametrize("extra", [{"step": "dance"}, {"step": "left", "x": "1"}])
def test_a_hint_takes_known_steps_and_nothing_else(
    kiosk: KioskBrowser, extra: dict[str, str]
) -> None:
    path, _ = begun(kiosk)
    answer = kiosk.post(f"{path}hint/", {**files([collins()]), **extra}, **JSON)
    assert answer.status_code == 400


def test_a_site_that_does_not_ask_shows_no_steps(
    db: Database, secrets_dir: Path
) -> None:
    plain = KioskBrowser(make.office().house)
    path, steps = begun(plain)
    assert steps == []
    page = plain.get(path)
    assert page.context["steps"] == ""
    assert "在场检查" not in words_of(page)
