#!/usr/bin/env python3
"""Run a management command, with the database when it needs one."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext

from django.core.management import execute_from_command_line

from salescenter import embedded

# These read no data.
WITHOUT_DATABASE = {
    "",
    "--help",
    "--version",
    "check",
    "collectstatic",
    "diffsettings",
    "findstatic",
    "help",
    "version",
}


def main() -> None:
    """Start the database when nobody has, run the command, leave it as found."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salescenter.settings")
    # An end like any other, so that the share of the database is given back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    share: AbstractContextManager[object] = nullcontext()
    try:
        if command not in WITHOUT_DATABASE and embedded.wanted():
            share = embedded.ensure()
        with share:
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedError as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
