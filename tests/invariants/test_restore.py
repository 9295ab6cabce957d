"""After a restore, whatever lost its key is ended before the first page is served."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.program import BASE_DIR, free_port, running_on

_ENROL = """
from consent.models import Consent, Kiosk
from tests import make
kiosk = Kiosk.objects.select_related("site__operator")[0]
ids = [str(make.person(kiosk=kiosk).consent_set.get().id) for _ in range(2)]
"""
_TELL = """
from consent.models import Consent
ids = {str(one.id): [one.state, str(one.ended_at or "")] for one in
       Consent.objects.all()}
"""


def _ask(data: Path, code: str) -> Any:
    """Run a few lines on the data of another house, and return their `ids`."""
    lines = f"import json\n{code}\nprint('told', json.dumps(ids))"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", lines],
        cwd=BASE_DIR,
        env={**os.environ, "SALESCENTER_DATA": str(data), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout.rpartition("told ")[2])


def _first_answer(port: int, at: list[float], stop: threading.Event) -> None:
    """Ask again and again, from before the start, and note the first answer."""
    while not stop.is_set():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/rules/", timeout=60):
                pass
        except urllib.error.HTTPError:
            pass
        except OSError:
            time.sleep(0.02)
            continue
        at.append(time.time())
        return


@pytest.mark.slow
def test_a_consent_that_lost_its_key_is_ended_before_any_answer(
    data_folder: Path,
) -> None:
    port = free_port()
    with running_on(data_folder, port=port):
        lost, kept = _ask(data_folder, _ENROL)
    (data_folder / "secrets" / "keystore" / "data" / f"{lost}.key").unlink()

    answered: list[float] = []
    stop = threading.Event()
    asking = threading.Thread(target=_first_answer, args=(port, answered, stop))
    asking.start()
    try:
        with running_on(data_folder, port=port):
            asking.join(60)
            told = _ask(data_folder, _TELL)
    finally:
        stop.set()
    assert told[kept] == ["active", ""]
    state, ended_at = told[lost]
    assert state == "expired"
    assert answered
    assert datetime.fromisoformat(ended_at).timestamp() <= answered[0]
