"""Starting a module of ours as a process of its own, without our secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# It handles what strangers send or show: it gets no secret from the environment.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    # A camera that hangs is lost after two seconds, not after ten.
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore",
}


def child_start(
    module: str, *arguments: str, stdin: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Run a module with arguments and, behind them, this process's id.

    The kernel ends a confined child (`faces.processes.confining`) with the thread that
    started it, not with the process: that thread MUST outlive it.

    Returns:
        The process, with an unbuffered pipe for its output.
    """
    environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments, str(os.getpid())],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd=_ROOT,
        env=environment | _ENVIRONMENT,
        # Ctrl-C in a terminal is for the supervisor; a child ends with its parent.
        start_new_session=True,
    )
