"""Write a sealed export that a stranger can check."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import clock, exports
from audit.errors import (
    ExportNotApproved,
    ExportTooLarge,
    LogClosed,
    RangeEmpty,
    SignerRefuses,
    SignerSilent,
    SitesUnknown,
)
from audit.signing import vkeys

WHY = {
    LogClosed: "there is no such log",
    RangeEmpty: "no event lies in this range",
    SitesUnknown: "the log knows no such site",
    ExportTooLarge: "the pack would reach 2 GiB: ask for a shorter range",
    SignerSilent: "the signer does not answer: start ./run, or manage.py audit_sign",
    SignerRefuses: "the signer refuses to sign: the page of the log says why",
    ExportNotApproved: (
        "an export that identifies people is asked for on the page of the exports and"
        " approved by another person; then give the same range here, or fetch it there"
    ),
}


class Command(BaseCommand):
    """`manage.py audit_export --out PACK.zip`: everything, or a range of it."""

    help = "Write a sealed export of the log; verify.py inside checks it offline."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and the range."""
        parser.add_argument("--out", required=True, type=Path, metavar="PACK.zip")
        parser.add_argument("--site", action="append", help="only this site; repeat it")
        parser.add_argument("--from", dest="start", help="from this moment or day on")
        parser.add_argument("--to", dest="end", help="before this moment or day")
        parser.add_argument("--log", help="an earlier log, by its id")
        parser.add_argument(
            "--identified",
            action="store_true",
            help="with what identifies people; approved on the page before",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the pack, and print the key to pin it by.

        Raises:
            CommandError: one line on what is wrong and what to do.
        """
        out: Path = options["out"]
        if out.is_dir() or not out.resolve().parent.is_dir():
            message = f"{out} cannot be written: name a file in a folder that exists"
            raise CommandError(message)
        try:
            scope = exports.export_scope(
                log=options["log"],
                start=_moment(options["start"]),
                end=_moment(options["end"]),
                sites=options["site"],
                identified=options["identified"],
            )
            if scope.identified:
                asked = exports.export_approved(scope=scope)
                sha256 = exports.export_make(scope=scope, target=out, export=asked)
            else:
                sha256 = exports.export_now(scope=scope, target=out)
        except tuple(WHY) as error:
            raise CommandError(WHY[type(error)]) from None
        except OSError as error:
            message = f"{out} cannot be written: {error.strerror}"
            raise CommandError(message) from None
        pins = " ".join(f"--pin '{key}'" for key in vkeys(log=scope.log))
        self.stdout.write(
            f"{out}: events {scope.first} to {scope.last}, manifest {sha256}"
        )
        self.stdout.write(f"check it: python verify.py {out.name} {pins}")


def _moment(told: str | None) -> str | None:
    """Return a day or a moment in the log's form; without a zone it is UTC."""
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        message = f"{told} is no moment: write 2026-11-25 or 2026-11-25T08:00+08:00"
        raise CommandError(message) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=clock.now().tzinfo)
    return clock.stamp(moment)
