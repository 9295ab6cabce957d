"""Kill an enrolment at any moment, let the sweeps run, and look at what is left."""

from __future__ import annotations

import base64
import io
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image

from audit import demonstration
from audit.models import Body
from audit.selectors import log_faults
from consent import keys
from consent.models import CaptureSession, Consent, Subject, Use
from consent.services.consents import ORPHAN_KEY_SECONDS
from consent.services.sweeping import sweep_often, sweep_seldom
from faces.matching import EMBEDDING_LENGTH
from faces.models import FaceTemplate
from faces.templates import template_open
from tests import make
from tests.conftest import BASE_DIR, Database
from tests.faces.photographs import collins, encoded

STARTS = {"capture.started"}
ENDS = {"face.enrolled", "capture.discarded", "gate.refused", "use.abandoned"}
SLICE_BYTES = 64
# Past the answer, the capture and the age at which a key without a consent is swept.
SWEEP_AFTER_SECONDS = ORPHAN_KEY_SECONDS + 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where the killed processes run, and every folder that they may write to."""

    database: Database
    environment: dict[str, str]
    folders: Sequence[Path]
    output: Path


@dataclass
class Findings:
    """What the kills left behind."""

    kills: int = 0
    undisturbed_s: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    last_events: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def told(self) -> str:
        """Return the counts and the faults, a line each."""
        lines = [
            f"{self.kills} kills over {self.undisturbed_s * 1000:.0f} ms",
            *(f"  {count:4} {name}" for name, count in self.outcomes.most_common()),
            "last event before the kill:",
            *(f"  {count:4} {name}" for name, count in self.last_events.most_common()),
            f"{len(self.faults)} faults",
            *self.faults,
        ]
        return "\n".join(lines)


class Runner:
    """One process that is about to do something, and may be killed meanwhile."""

    def __init__(self, place: Place, **told: object) -> None:
        """Start it; it waits for `go`."""
        frame = told.pop("frame", b"")
        assert isinstance(frame, bytes)
        self._errors = place.output.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.enrolment"],
            env=place.environment,
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        header = json.dumps({**told, "frame_bytes": len(frame)}).encode()
        self._write(header + b"\n" + frame)
        self.workers: list[int] = []

    def go(self) -> float:
        """Wait until it is ready, let it go, and return when (monotonic)."""
        ready, *workers = self.line().split()
        assert ready == "ready"
        self.workers = [int(pid) for pid in workers]
        self._write(b"go\n")
        return time.monotonic()

    def line(self) -> str:
        """Return the next line that it says; nothing once it ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def end(self) -> list[int]:
        """Kill it if it runs, wait, and return the pixel workers that outlived it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self._errors.close()
        deadline = time.monotonic() + 5
        left = self.workers
        while left and time.monotonic() < deadline:
            left = [pid for pid in left if _running(pid)]
            time.sleep(0.01)
        return left

    def _write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()


def kill_enrolments(place: Place, *, count: int, seed: int) -> Findings:
    """Kill `count` enrolments, spread over one that nobody disturbs."""
    house = make.house(demonstration_clock=True)
    frame = encoded(collins())
    findings = Findings()
    ahead_s = 0

    def runner() -> Runner:
        return Runner(
            place,
            scenario="enrol",
            kiosk_token=house.kiosk_token,
            ahead_s=ahead_s,
            frame=frame,
        )

    waiting = runner()
    findings.undisturbed_s = _undisturbed(waiting)
    findings.faults += _faults_left(place, known=set())
    chance = random.Random(seed)
    delays = [
        (number + chance.random()) / count * findings.undisturbed_s * 1.05
        for number in range(count)
    ]
    chance.shuffle(delays)
    began = time.time()
    ahead_s += SWEEP_AFTER_SECONDS
    waiting = runner()
    for number, delay in enumerate(delays):
        known = set(Subject.objects.values_list("id", flat=True))
        size = Body.objects.count()
        before = _backends(place.database)
        started = waiting.go()
        time.sleep(max(0.0, started + delay - time.monotonic()))
        outlived = waiting.end()
        _wait_for_backends(place.database, before)
        last = _bodies(first=size)
        findings.last_events[last[-1]["type"] if last else "(none)"] += 1
        with demonstration.clock_shifted(seconds=ahead_s + SWEEP_AFTER_SECONDS):
            sweep_often()
            sweep_seldom()
        ahead_s += SWEEP_AFTER_SECONDS
        if number + 1 < count:
            waiting = runner()
        findings.kills += 1
        findings.outcomes[_outcome(known)] += 1
        found = _faults_left(place, known=known)
        if outlived:
            found.append("a pixel worker outlived its process")
        found += frame_traces(place, frame, since=began)
        findings.faults += [f"kill {number} at {delay:.3f} s: {one}" for one in found]
    with place.database.connect("superuser") as link:
        link.execute("CHECKPOINT")
    findings.faults += frame_traces(place, frame, since=0.0)
    return findings


def _undisturbed(calm: Runner) -> float:
    started = calm.go()
    said = calm.line()
    took = time.monotonic() - started
    calm.end()
    assert said.split() == ["done", "enrolled"], said
    return took


def _outcome(known: set[UUID]) -> str:
    new = Consent.objects.exclude(subject__in=known)
    if not new.exists():
        return "nothing"
    whole = FaceTemplate.objects.exclude(subject__in=known).exists()
    return "a whole enrolment" if whole else "a consent, and no face"


def _faults_left(place: Place, *, known: set[UUID]) -> list[str]:
    """Return what is neither nothing nor a whole enrolment."""
    faults = list(log_faults())
    events = _bodies()
    starts = {one["seq"] for one in events if one["type"] in STARTS}
    ends = Counter(
        one["data"]["start"]
        for one in events
        if one["type"] in ENDS and one["data"].get("start") is not None
    )
    if dict(ends) != dict.fromkeys(starts, 1):
        faults.append("a start without exactly one end")
    if Use.objects.filter(closed_at=None).exists() or CaptureSession.objects.exists():
        faults.append("a use or a capture is still open")
    live = {one.id: one for one in Consent.objects.filter(state="active")}
    if set(keys.keys_stored()) != set(live):
        faults.append("the key store and the live consents differ")
    granted = {one["subject"] for one in events if one["type"] == "consent.granted"}
    people = set(Subject.objects.values_list("pseudonym", flat=True))
    if granted != people:
        faults.append("somebody exists without a consent in the log")
    enrolled = Counter(
        one["subject"] for one in events if one["type"] == "face.enrolled"
    )
    stored: Counter[str] = Counter()
    for template in FaceTemplate.objects.select_related("subject"):
        stored[template.subject.pseudonym] += 1
        consent = next(one for one in live.values() if one.live == template.live)
        if template.subject_id in known:
            continue
        opened = template_open(consent=consent, template=template)
        if opened.shape != (EMBEDDING_LENGTH,) or not np.isfinite(opened).all():
            faults.append("a template that does not open")
    if stored != enrolled:
        faults.append("the templates are not those that the log tells of")
    return faults


def _bodies(first: int = 0) -> list[dict[str, Any]]:
    rows = Body.objects.filter(seq__gte=first).order_by("seq")
    return [json.loads(bytes(row.body)) for row in rows]


def frame_traces(place: Place, frame: bytes, *, since: float) -> list[str]:
    """Return each file written since then that holds anything of the frame.

    Looked for: the head and slices of the file, as bytes, hex and base64, and slices
    of the pixels in the three orders that libraries use.
    """
    needles = _needles(frame)
    return [
        f"{name} of the frame in {path.name}"
        for path in _files([*place.folders, place.output])
        if path.stat().st_mtime >= since - 1
        for content in [_content(path)]
        for name, needle in needles
        if needle in content
    ]


def _needles(frame: bytes) -> list[tuple[str, bytes]]:
    picture = Image.open(io.BytesIO(frame)).convert("RGB")
    rgb = np.asarray(picture)
    planes = {
        "pixels": rgb.tobytes(),
        "reversed pixels": rgb[:, :, ::-1].tobytes(),
        "grey pixels": np.asarray(picture.convert("L")).tobytes(),
    }
    found = [("head", frame[:20])]
    for part in (3, 5, 7):
        place = len(frame) * part // 10
        piece = frame[place : place + SLICE_BYTES]
        found += [("slice", piece), ("hex", piece.hex().encode())]
        found += [
            ("base64", base64.b64encode(piece[shift:])[: SLICE_BYTES // 2])
            for shift in range(3)
        ]
        # The face is in the middle of the upper half; the wall beside it is plain.
        for name, plane in planes.items():
            middle = (len(plane) * part // 20) + 320 * len(plane) // (640 * 480)
            slice_ = plane[middle : middle + SLICE_BYTES]
            assert len(set(slice_)) > SLICE_BYTES // 8, "a plain piece of the frame"
            found.append((name, slice_))
    return found


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_file():
            yield folder
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and "static" not in path.parts:
                yield path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # the server tidied up
        return b""


def _backends(database: Database) -> set[int]:
    """Return the server's processes for connections to this database."""
    with database.connect("superuser") as link:
        rows = link.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
            [database.name],
        ).fetchall()
    return {int(str(pid)) for (pid,) in rows}


def _wait_for_backends(database: Database, before: set[int]) -> None:
    """Wait until the server is done with what the killed process had begun."""
    deadline = time.monotonic() + 10
    while _backends(database) - before:
        assert time.monotonic() < deadline, "a killed process's connection stays"
        time.sleep(0.01)


def _running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}
