"""What a process that sees pixels gives up, before it sees any."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import BinaryIO

# From <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def confine(*, parent_pid: int, memory_max_bytes: int) -> None:
    """End with the parent, write no file, leave no core; keep to some address space.

    Errors of the system are not swallowed: a process that cannot be confined ends.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    memory_hide()
    if os.getppid() != parent_pid:
        # It died before the kernel knew that this process must follow.
        sys.exit(0)
    resource.setrlimit(resource.RLIMIT_AS, (memory_max_bytes, memory_max_bytes))
    # Any byte written to a file fails, also in a library.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def memory_hide() -> None:
    """Leave no core, and let nobody of the same user read this process's memory.

    Raises:
        OSError: the system does not do that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # No debugger, no /proc/<pid>/mem for others of the same user.
    _prctl(_PR_SET_DUMPABLE, 0)


def output_take() -> BinaryIO:
    """Keep the pipe for answers, so that no library can print into it."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (a device, not a file)
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return answers


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
