"""`manage.py faces_evaluate`: error rates on anybody's pictures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import clock
from faces.evaluation.drawing import det_svg
from faces.evaluation.keeping import report_keep
from faces.evaluation.pairs import PairsInvalid, pairs_read
from faces.evaluation.rates import curve, thinned
from faces.evaluation.report import evaluate

TELL_EVERY = 500


class Command(BaseCommand):
    """Encode the pictures of a list of pairs and tell how often they are confused."""

    help = (
        "Error rates on pairs of pictures: a CSV with the columns a,b,same[,group],"
        " or pairs.txt of Labeled Faces in the Wild. Nothing of a picture is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, the list, and where to draw the curve."""
        parser.add_argument("--root", type=Path, required=True, help="their folder")
        parser.add_argument("--pairs", type=Path, required=True, help="list of pairs")
        parser.add_argument("--json", action="store_true", help="figures as JSON")
        parser.add_argument(
            "--keep", action="store_true", help="show the figures on the report page"
        )
        parser.add_argument("--det", type=Path, help="draw the DET curve: FILE.svg")
        parser.add_argument(
            "--processes", type=int, default=os.cpu_count() or 1, help="at a time"
        )

    def handle(self, **options: Any) -> None:
        """Evaluate and print.

        Raises:
            CommandError: the folder or a line of the list cannot be used.
        """
        root: Path = options["root"]
        if not root.is_dir():
            message = f"--root: 没有这个文件夹 / there is no such folder: {root}"
            raise CommandError(message)
        try:
            pairs = pairs_read(options["pairs"], root=root)
        except OSError as error:
            message = f"--pairs: 读不了 / cannot be read: {error.strerror}"
            raise CommandError(message) from None
        except PairsInvalid as invalid:
            told = f"{invalid.text('zh-hans')} / {invalid.text('en')}"
            message = f"--pairs: {told}"
            raise CommandError(message) from None
        found, ours, bare = evaluate(
            pairs, root=root, processes=max(1, options["processes"]), tell=self._tell
        )
        curves = thinned(curve(ours)), thinned(curve(bare))
        if options["det"]:
            options["det"].write_text(det_svg(*curves), encoding="utf-8")
        if options["keep"]:
            report_keep(
                settings.FACES_REPORT,
                found,
                at=clock.stamp(clock.now()),
                ours=curves[0],
                bare=curves[1],
            )
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
        else:
            self._print(found)

    def _tell(self, done: int, whole: int) -> None:
        if done % TELL_EVERY == 0 or done == whole:
            self.stderr.write(f"{done} / {whole}")

    def _print(self, found: dict[str, Any]) -> None:
        self.stdout.write(f"{found['method']} ({found['encoder']})")
        parts = {"": found, **found["groups"]}
        for name, part in parts.items():
            self.stdout.write("")
            if name:
                self.stdout.write(name)
            self.stdout.write(
                f"pictures {part['pictures']}, without a face"
                f" {part['pictures_without_a_face']}"
            )
            self.stdout.write(
                f"pairs {part['pairs']}, missed {part['missed']}, one person"
                f" {part['genuine']}, strangers {part['impostor']}"
            )
            for row, label in ((part, "score"), (part["bare"], "distance")):
                self.stdout.write(f"  {label}: EER {_percent(row['eer'])}")
                for rate, missed in row["fnmr_at_fmr"].items():
                    told = f"FNMR {_percent(missed)} at FMR {float(rate):.2%}"
                    self.stdout.write(f"    {told}")
                for at, both in row["at_thresholds"].items():
                    told = f"FMR {_percent(both['fmr'])}, FNMR {_percent(both['fnmr'])}"
                    self.stdout.write(f"    {at} ({both['threshold']:g}): {told}")


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.2%}"
