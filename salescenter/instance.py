"""Where this installation keeps its data and its secrets.

Standard library only: read before Django, and before the database exists.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ROOT_DATA = Path("/var/lib/salescenter")


def data_dir() -> Path:
    """Return the folder of this installation's data, made when absent.

    `SALESCENTER_DATA` names it. Otherwise it is `var/` of the checkout for a plain
    user, and for root a folder under /var/lib/salescenter that belongs to this
    checkout alone (the database's own system user cannot enter a private home).
    """
    named = os.environ.get("SALESCENTER_DATA")
    if named:
        path = Path(named).resolve()
    elif os.geteuid() == 0:
        path = ROOT_DATA / _instance_id()
    else:
        path = BASE_DIR / "var"
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        # Root's folder is only passed through by the database's user; what lies
        # in it is closed one level down.
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return path


def secrets_dir() -> Path:
    """Return the 0700 folder of keys and passwords, made when absent."""
    named = os.environ.get("SECRETS_DIR")
    path = Path(named).absolute() if named else data_dir() / "secrets"
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    return path


def secret(name: str) -> str:
    """Return the secret kept under `name`, making a random one the first time.

    Two processes that ask at the same moment get the same one.
    """
    path = secrets_dir() / name
    if not path.exists():
        _keep(path, secrets.token_urlsafe(48), mode=0o600)
    return path.read_text(encoding="ascii").strip()


def secret_exists(name: str) -> bool:
    """Say whether a secret was made before, without making it."""
    return (secrets_dir() / name).exists()


def _instance_id() -> str:
    path = BASE_DIR / "var" / "instance"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        _keep(path, secrets.token_hex(8), mode=0o644)
    return path.read_text(encoding="ascii").strip()


def _keep(path: Path, text: str, *, mode: int) -> None:
    """Write a whole file durably, unless somebody was faster."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, never replaces what is there.
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
