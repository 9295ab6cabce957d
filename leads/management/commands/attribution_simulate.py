"""Say what a draft of the rules of attribution would change in recorded history."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consent.models import Site
from leads.attribution import FactsMalformed, parse_rules
from leads.management.commands.attribution_explain import document_read
from leads.models import Visit
from leads.simulating import Simulation, simulate

FEW = 5_000
"""Up to here other processes take longer to start than they save."""


def told(found: Simulation) -> dict[str, Any]:
    """Return a simulation as an object of JSON."""
    return {
        "visits": found.total,
        "judged": found.judged,
        "changed": found.changed,
        "unreadable": found.unreadable,
        "seconds": round(found.seconds, 1),
        "moves": [
            {
                "from": {"outcome": was, "channel": before or None},
                "to": {"outcome": now, "channel": after or None},
                "visits": count,
            }
            for (was, before, now, after), count in sorted(found.moves.items())
        ],
        "channels": {
            name: {"gained": gained, "lost": lost}
            for name, (gained, lost) in found.channels().items()
        },
        "listed": [
            {
                "visit": change.visit,
                "at": change.at.isoformat(),
                "from": dict(change.was._asdict(), channel=change.was.channel or None),
                "to": dict(change.now._asdict(), channel=change.now.channel or None),
            }
            for change in found.listed
        ],
    }


class Command(BaseCommand):
    """Read history, write nothing."""

    help = "Replay recorded visits under a draft of the rules (exit 2: malformed)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the draft, a site, and the form of the answer."""
        parser.add_argument("--rules", type=Path, required=True, metavar="DRAFT.json")
        parser.add_argument("--site", metavar="CODE", help="this site alone")
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--processes", type=int, metavar="N", help="how many judge; all cores"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Print what would change; progress goes to stderr."""
        document = self._document(options["rules"])
        sites = Site.objects.order_by("code")
        if options["site"]:
            sites = sites.filter(code=options["site"])
        found = list(sites)
        if not found:
            text = "there is no such site"
            raise CommandError(text)
        told_at = [0.0]

        def tell(so_far: Simulation) -> None:
            if so_far.seconds - told_at[0] >= 1 or so_far.whole:
                told_at[0] = so_far.seconds
                rate = so_far.judged / max(so_far.seconds, 0.001)
                self.stderr.write(
                    f"{so_far.judged} of {so_far.total} visits, {rate:.0f} a second"
                )

        ended = simulate(
            rules=document,
            sites=found,
            processes=self._processes(found, options["processes"]),
            tell=tell,
        )
        if options["json"]:
            self.stdout.write(json.dumps(told(ended), ensure_ascii=False, indent=2))
        else:
            self._print(ended)

    def _document(self, path: Path) -> dict[str, Any]:
        try:
            document = document_read(path)
            parse_rules([document])
        except FactsMalformed as error:
            raise CommandError(str(error), returncode=2) from None
        assert isinstance(document, dict)  # noqa: S101 - parse_rules says so
        return document

    def _processes(self, sites: list[Site], asked: int | None) -> int:
        if asked is not None:
            return max(1, asked)
        few = Visit.objects.filter(site__in=sites)[: FEW + 1].count() <= FEW
        return 1 if few else os.cpu_count() or 1

    def _print(self, found: Simulation) -> None:
        self.stdout.write(
            f"{found.changed} of {found.judged} visits would be decided otherwise"
        )
        for (was, before, now, after), count in found.moves.most_common():
            origin, goal = f"{was} {before}".strip(), f"{now} {after}".strip()
            self.stdout.write(f"{count:>8}  {origin} -> {goal}")
        for name, (gained, lost) in found.channels().items():
            self.stdout.write(f"{name}: gains {gained}, loses {lost}")
        for change in found.listed:
            origin = " ".join(part for part in change.was if part)
            goal = " ".join(part for part in change.now if part)
            self.stdout.write(f"{change.at.isoformat()} {change.visit} {origin}"
                              f" -> {goal}")  # fmt: skip
        if found.changed > len(found.listed):
            self.stdout.write(f"the first {len(found.listed)} are listed")
        if found.unreadable:
            self.stdout.write(f"{len(found.unreadable)} visits could not be read")
