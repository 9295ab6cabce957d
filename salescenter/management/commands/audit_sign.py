"""The signer of the log, as a process and a user of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connections

from audit import log, notes
from audit.drafts import SYSTEM
from audit.models import Head
from audit.selectors import rules_in_force
from audit.signer import Keeper, MemoryBroken, Signer
from salescenter.accounts import Account, AccountError, system_account

SYSTEM_USER = "salescenter-signer"
LOOK_SECONDS = 0.5
_PR_SET_PDEATHSIG = 1


class Command(BaseCommand):
    """Sign the log until told to stop; as root, under a system user of its own."""

    help = "Run the signer; or sign once, bring in a new key, or go on after a look."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do instead of running on."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--once", action="store_true", help="sign what grew, answer, and end"
        )
        what.add_argument(
            "--rotate",
            action="store_true",
            help="make a new key; the old one signs beside it until the day is over",
        )
        what.add_argument(
            "--looked",
            action="store_true",
            help="go on signing, after the right database was put back",
        )

        what.add_argument(
            "--begin",
            action="store_true",
            help="begin anew with another key, after the signer's folder was lost",
        )
        parser.add_argument(
            "--apart",
            action="store_true",
            help="say that it is separated: it runs in a container or as a user that"
            " nothing else does",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Become the signer's user, then look at the log.

        Raises:
            CommandError: the signer's own files cannot be read, or it still refuses.
        """
        try:
            account = system_account(SYSTEM_USER)
        except AccountError:
            # Signing under the one user that there is beats not signing.
            self.stderr.write(f"the system user {SYSTEM_USER} cannot be made")
            account = Account(uid=os.geteuid(), gid=os.getegid())
        if not account.foreign:
            self._work(account, options)
            return
        connections.close_all()
        child = os.fork()
        if child == 0:
            os._exit(self._apart(account, options))
        # The parent keeps what only it can give back: its share of the database.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda got, _: os.kill(child, got))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            sys.exit(abs(code))

    def _apart(self, account: Account, options: dict[str, Any]) -> int:
        try:
            self._work(account, options)
        except CommandError as error:
            self.stderr.write(str(error))
            return 1
        except Error as error:
            # The class alone: a database's text may quote a row.
            self.stderr.write(f"audit_sign: {type(error).__name__}")
            return 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        return 0

    def _work(self, account: Account, options: dict[str, Any]) -> None:
        separated = account.foreign or options["apart"]
        keeper = Keeper(settings.SIGNER_DIR)
        if account.foreign:
            _enter(keeper, account)
        try:
            if options["rotate"]:
                self._rotate(keeper)
            elif options["looked"]:
                self._looked(keeper)
            signer = Signer(keeper, separated=separated, begin=options["begin"])
            if any(options[name] for name in ("once", "rotate", "looked", "begin")):
                signed = signer.look(now=True)
                self.stdout.write(f"{signed} checkpoints signed")
            else:
                self._run(signer)
        except MemoryBroken as error:
            message = (
                f"the signer's own files are not as they were ({error}): put them back"
                " from a copy, or see docs/operating.md before you begin anew"
            )
            raise CommandError(message) from None

    def _run(self, signer: Signer) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            signer.look()
            stop.wait(LOOK_SECONDS)

    def _rotate(self, keeper: Keeper) -> None:
        """Make the next key and tell the log; the next look brings it in."""
        with keeper.alone():
            memory = keeper.recall()
            head = Head.objects.using("signer").filter(closed_at=None).first()
            if head is None or memory.log != head.log or memory.refused:
                message = "no rotation now: nothing is signed"
                raise CommandError(message)
            if memory.retiring:
                message = "no rotation now: one is under way until the day is over"
                raise CommandError(message)
            coming = keeper.next_key()
            if not coming:
                coming = keeper.key_make()
                keeper.next_key_set(coming)
            name = notes.origin(operator=head.operator, log=head.log)
            old, new = (
                str(notes.VerifierKey(name, bytes.fromhex(public)))
                for public in (memory.key, coming)
            )
            with log.unit(act=SYSTEM, site=None, rules=rules_in_force()) as unit:
                unit.event("signer.rotated", data={"old": old, "new": new})
        self.stdout.write(f"new key {new}")

    def _looked(self, keeper: Keeper) -> None:
        signer = Signer(keeper, separated=False)
        if not signer.resume():
            message = (
                "the log still does not extend what was signed: put the right database"
                " back, or open a new log on the page of the log"
            )
            raise CommandError(message)


def _enter(keeper: Keeper, account: Account) -> None:
    """Become the signer's user, with what cannot be had after that."""
    parent = os.getppid()
    for path in (keeper.folder, *keeper.folder.iterdir()):
        account.own(path)
    keeper.folder.chmod(0o700)
    # Sockets and passwords of the database are not for this user to open.
    for alias in ("signer", "default"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    rules_in_force()
    account.become()
    # The kernel forgets this when the user changes.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
