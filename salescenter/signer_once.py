"""Running the signer once, for a command that needs a signature while none runs."""

from __future__ import annotations

import subprocess
import sys

from salescenter import instance

SIGNED_MAX_SECONDS = 60


def signer_run() -> None:
    """Run `manage.py audit_sign --once`; whether it signed shows in the answer."""
    subprocess.run(
        [sys.executable, "manage.py", "audit_sign", "--once"],
        cwd=instance.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=SIGNED_MAX_SECONDS,
        check=False,
    )
