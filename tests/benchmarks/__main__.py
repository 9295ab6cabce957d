"""`python -m tests.benchmarks NAME [--json]`: one figure, with the machine named."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from typing import Any

from tests.benchmarks import (
    audit_append,
    audit_export,
    audit_mutate,
    audit_verify,
    face_accuracy,
    face_encode,
    face_presence,
    kiosk_answer,
    withdraw,
    withdraw_race,
)

BENCHMARKS: dict[str, Callable[[int], dict[str, Any]]] = {
    "audit_append": audit_append.measure,
    "audit_export": audit_export.measure,
    "audit_mutate": audit_mutate.measure,
    "audit_verify": audit_verify.measure,
    "face_accuracy": face_accuracy.measure,
    "face_encode": face_encode.measure,
    "face_presence": face_presence.measure,
    "kiosk_answer": kiosk_answer.measure,
    "withdraw": withdraw.measure,
    "withdraw_race": withdraw_race.measure,
}


def machine() -> dict[str, Any]:
    """Return what a figure was measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--runs", type=int, default=30, help="counted runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    figures = {
        "benchmark": options.name,
        "machine": machine(),
        **BENCHMARKS[options.name](options.runs),
    }
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    return 0 if figures["reached"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
