"""The process that is killed: one guest's enrolment, or one withdrawal.

It gets what it needs over its standard input, says `ready` once its pixel worker is
warm, and begins at the word `go`. It opens no connection before that.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NoReturn

import django

django.setup()

from audit import demonstration  # noqa: E402
from audit.drafts import VISITOR  # noqa: E402
from audit.log import Unit  # noqa: E402
from consent import erasure, keys  # noqa: E402
from consent.keys import durable  # noqa: E402
from consent.models import Consent, Subject  # noqa: E402
from consent.selectors import kiosk_of_token  # noqa: E402
from consent.services.consents import consents_withdraw  # noqa: E402
from faces import pixels  # noqa: E402
from leads import captures, checkin  # noqa: E402
from tests import make  # noqa: E402

BURST_FRAMES = 3


def main() -> None:
    """Run the scenario that the first line asks for."""
    told: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    frame = sys.stdin.buffer.read(told["frame_bytes"])
    if told["scenario"] == "enrol":
        pixels.warm()
    _say("ready", *map(str, pixels._pool.worker_pids()))
    sys.stdin.buffer.readline()
    with demonstration.clock_shifted(seconds=told["ahead_s"]):
        if told["scenario"] == "enrol":
            _enrol(told["kiosk_token"], frame)
        else:
            _withdraw(uuid.UUID(told["subject"]), pause=told["pause"])


def _enrol(kiosk_token: str, frame: bytes) -> None:
    kiosk = kiosk_of_token(token=kiosk_token)
    walk = make.walk_finished(kiosk=kiosk, face=True)
    use = captures.enrol_begin(walk=walk, kiosk=kiosk)
    checkin.capture_hint(use=use.id, kiosk=kiosk, frame=frame)
    answer = checkin.capture_answer(
        use=use.id, kiosk=kiosk, frames=[frame] * BURST_FRAMES
    )
    _say("done", answer.kind)


def _withdraw(subject: uuid.UUID, *, pause: str) -> None:
    destroy = keys.key_destroy

    def destroyed(*, consent: uuid.UUID) -> None:
        destroy(consent=consent)
        _pause()

    def before_commit(_unit: Unit, _consent: Consent) -> None:
        _pause()

    def before_removal(path: Path) -> None:
        _pause()

    if pause == "before_commit":
        erasure.register("zzz", before_commit)
    elif pause == "committed":
        keys.key_destroy = lambda **_: _pause()
    elif pause == "tombstone":
        durable.remove = before_removal
    elif pause == "destroyed":
        keys.key_destroy = destroyed
    person = Subject.objects.get(id=subject)
    consents_withdraw(subject=person, purposes=None, act=VISITOR)
    _say("done", "withdrawn")


def _pause() -> NoReturn:
    """Stand still at the place where the kill is to come."""
    _say("paused")
    while True:
        time.sleep(60)


def _say(*words: str) -> None:
    print(*words, flush=True)


if __name__ == "__main__":
    main()
