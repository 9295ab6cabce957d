"""System users of their own for programs that must not share one, where root runs."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class AccountError(Exception):
    """A system user is needed and cannot be made."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs a program: this user itself, or for root a system user."""

    uid: int
    gid: int

    @property
    def foreign(self) -> bool:
        """Say whether that is another user than this one."""
        return self.uid != os.geteuid()

    def own(self, path: Path) -> None:
        """Give a path of this user to the account."""
        if self.foreign:
            os.chown(path, self.uid, self.gid)

    def launch(self) -> dict[str, Any]:
        """Return what makes `subprocess` start a program as this account."""
        if not self.foreign:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def become(self) -> None:
        """Make this process the account's, for good."""
        if self.foreign:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)


def system_account(name: str) -> Account:
    """Return this user, or for root the system user of that name, made when absent.

    Raises:
        AccountError: it cannot be made.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        entry = _make(name)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _make(name: str) -> pwd.struct_passwd:
    try:
        subprocess.run(
            [
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                name,
            ],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(name)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise AccountError(name) from None
