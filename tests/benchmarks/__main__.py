"""`python -m tests.benchmarks NAME [--json]`: one figure, with the machine named."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import faces  # noqa: F401 - numpy's threads are set before numpy is imported
from tests.benchmarks import (
    attribution_engine,
    attribution_simulate,
    audit_append,
    audit_export,
    audit_mutate,
    audit_verify,
    compliance_tax,
    face_accuracy,
    face_answer,
    face_covered,
    face_encode,
    face_presence,
    face_search,
    kiosk_answer,
    withdraw,
    withdraw_race,
)

BENCHMARKS: dict[str, Callable[[int], dict[str, Any]]] = {
    "attribution_engine": attribution_engine.measure,
    "attribution_simulate": attribution_simulate.measure,
    "audit_append": audit_append.measure,
    "audit_export": audit_export.measure,
    "audit_mutate": audit_mutate.measure,
    "audit_verify": audit_verify.measure,
    "compliance_tax": compliance_tax.measure,
    "face_accuracy": face_accuracy.measure,
    "face_answer": face_answer.measure,
    "face_covered": face_covered.measure,
    "face_encode": face_encode.measure,
    "face_presence": face_presence.measure,
    "face_search": face_search.measure,
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
    parser.add_argument(
        "--parallel", type=int, metavar="N", help="face_answer by N threads at once"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    measure = BENCHMARKS[options.name]
    if options.parallel is not None:
        if options.name != "face_answer" or options.parallel < 1:
            parser.error("--parallel N is for face_answer, N is 1 or more")
        measure = partial(face_answer.measure_parallel, threads=options.parallel)
    figures = {
        "benchmark": options.name,
        "machine": machine(),
        **measure(options.runs),
    }
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
    return 0 if figures["reached"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
