"""The verifier as an inspector runs it: a process that sees a file and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from audit import bundle

VERIFY = Path(bundle.HERE) / "verifier.py"


def judge(*arguments: object) -> dict[str, Any]:
    """Return what `verify.py … --json` says, with its exit code as `exit`."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", VERIFY, *map(str, arguments), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return {**told, "exit": done.returncode}
