"""SIGKILL at any moment leaves nothing or something whole, and never a frame.

The full run is `python -m tests.faults.enrolment_kill`; here is a tenth of it.
"""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path

import pytest
from PIL import Image

from audit.documents import document_put
from audit.selectors import event_list, log_faults
from consent import keys
from consent.models import Consent, Pass
from consent.services.sweeping import sweep_often
from faces.models import FaceTemplate
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded, hopper
from tests.faults.killing import Place, Runner, frame_traces, kill_enrolments

KILLS = 12
SEED = 1


@pytest.fixture
def place(
    db: Database, process_env: dict[str, str], secrets_dir: Path, tmp_path: Path
) -> Place:
    """A place for killed processes, with a folder for temporary files of its own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return Place(
        database=db,
        environment={**process_env, "TMPDIR": str(temporary)},
        folders=[Path(process_env["SALESCENTER_DATA"]), tmp_path],
        output=tmp_path / "output.log",
    )


@pytest.mark.slow
@pytest.mark.vision
def test_a_killed_enrolment_is_nothing_or_whole_and_leaves_no_frame(
    place: Place,
) -> None:
    findings = kill_enrolments(place, count=KILLS, seed=SEED)
    assert findings.faults == [], findings.told()
    assert findings.kills == KILLS
    assert len(findings.outcomes) > 1, findings.told()


def test_a_frame_that_was_kept_would_be_found(place: Place) -> None:
    # Another frame than the killed ones: its bytes stay in this cluster's log.
    frame = encoded(hopper())
    temporary = Path(place.environment["TMPDIR"])
    since = time.time()
    assert frame_traces(place, frame, since=since) == []
    (temporary / "whole").write_bytes(b"x" * 7 + frame)
    decoded = Image.open(io.BytesIO(frame)).convert("RGB")
    (temporary / "pixels").write_bytes(decoded.tobytes())
    (temporary / "encoded").write_bytes(base64.b64encode(b"x" + frame))
    place.output.write_text(frame.hex())
    document_put(content=frame[40:])
    found = frame_traces(place, frame, since=since)
    for name in ("whole", "pixels", "encoded", "output.log", "0000000100000000000000"):
        assert any(f"in {name}" in line for line in found), (name, found)


@pytest.mark.vision
@pytest.mark.parametrize(
    ("pause", "ended", "key_left"),
    [
        ("before_commit", False, True),
        ("committed", True, True),
        ("tombstone", True, True),
        ("destroyed", True, False),
    ],
)
def test_a_killed_withdrawal_has_not_begun_or_is_finished_by_the_sweep(
    place: Place, secrets_dir: Path, pause: str, *, ended: bool, key_left: bool
) -> None:
    house = make.house(demonstration_clock=True)
    subject = make.person(kiosk=house.kiosk)
    make_face.enrol(subject=subject, kiosk=house.kiosk, frames=[encoded(collins())])
    consent = Consent.objects.get(subject=subject)
    file = secrets_dir / "keystore" / "data" / f"{consent.id}.key"
    runner = Runner(
        place, scenario="withdraw", subject=str(subject.id), pause=pause, ahead_s=0
    )
    runner.go()
    assert runner.line().strip() == "paused"
    runner.end()

    assert file.exists() == key_left
    assert FaceTemplate.objects.exists() != ended
    assert not event_list(kind="key.destroyed")
    assert (Consent.objects.get(id=consent.id).state == "withdrawn") == ended

    sweep_often()
    consent.refresh_from_db()
    assert file.exists() != ended
    assert keys.key_missing(consent=consent.id) == ended
    assert len(event_list(kind="key.destroyed")) == int(ended)
    assert (consent.key_event_id is not None) == ended
    assert FaceTemplate.objects.exists() != ended
    assert Pass.objects.filter(revoked_at=None).exists() != ended
    assert sweep_often() == {
        "uses_abandoned": 0,
        "consents_expired": 0,
        "keys_destroyed": 0,
        "sites_closed": 0,
    }
    assert list(log_faults()) == []
