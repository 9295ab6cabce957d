"""What the key store holds, and how long a stolen copy of it is worth anything."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import clock
from consent import keys
from consent.custody import consents_keyless_count
from consent.errors import KeysUnavailable
from salescenter.sweeping import SELDOM_SECONDS

HOUR = timedelta(hours=1)


class Command(BaseCommand):
    """Tell the state of the keys; exit 1 when it is not what it should be."""

    help = "Tell the state of the key store and the resurrection window in hours."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --json, for a monitor."""
        parser.add_argument("--json", action="store_true", help="for a monitor")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it.

        Raises:
            CommandError: where the epochs' keys lie cannot be reached.
        """
        try:
            told = _told()
        except KeysUnavailable:
            message = "密钥库连不上 / the key store cannot be reached; nothing is known"
            raise CommandError(message) from None
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self.stdout.write("\n".join(_lines(told)))
        if told["faults"]:
            sys.exit(1)


def _told() -> dict[str, Any]:
    state = keys.keys_state(round_every=timedelta(seconds=SELDOM_SECONDS))
    keyless = consents_keyless_count()
    now = clock.now()
    faults = []
    if state.overdue:
        faults.append("epoch_overdue")
    if keyless:
        faults.append("consents_keyless")
    if state.mirror not in {"none", "ok"}:
        faults.append(f"mirror_{state.mirror}")
    return {
        "backend": state.backend,
        "keys": state.keys,
        "tombstones": state.tombstones,
        "consents_keyless": keyless,
        "epoch": state.epoch,
        "epochs_standing": state.epochs,
        "epoch_age_hours": _hours(now - state.began_at) if state.began_at else None,
        "next_turn_at": clock.stamp(state.next_turn_at) if state.next_turn_at else None,
        "resurrection_window_hours": _hours(state.window),
        "mirror": state.mirror,
        "mirror_differences": state.mirror_differences,
        "faults": faults,
    }


def _hours(span: timedelta) -> float:
    return round(span / HOUR, 2)


def _lines(told: dict[str, Any]) -> list[str]:
    """Return a line for each, and what the window means."""
    shown = [f"{name} {_shown(value)}" for name, value in told.items()]
    window = told["resurrection_window_hours"]
    return [
        *shown,
        "",
        f"撤回之后最长 {window} 小时：此前同时拷走密钥库和数据库的人，"
        "若还能拿到这里的时期密钥，仍可打开已销毁的内容；此后不再可能。",
        f"For {window} hours after a withdrawal at most, somebody who copied key store"
        " and database before it could still open what was destroyed, with the epoch's"
        " key from here; after that nobody can. Whoever copied the epoch's key as well"
        " keeps what they copied.",
        "计算：时期密钥的最长寿命 / computed as the longest life of an epoch's key: the"
        " oldest one standing, until it is a day old or until now if that is later,"
        f" plus the {_hours(timedelta(seconds=SELDOM_SECONDS))} h between two rounds.",
    ]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "-" if value is None else str(value)
