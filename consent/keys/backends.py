"""Which backend wraps, and which one wrapped what lies in the store."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from consent.errors import KeysUnavailable
from consent.keys.epochs import Epochs, FileEpochs
from consent.keys.vault import MARK, Vault, VaultEpochs


def configured() -> Epochs:
    """Return the backend that wraps from now on.

    Raises:
        KeysUnavailable: it is not one, or its address is missing.
    """
    if settings.KEYS_BACKEND == "file":
        return _file()
    return _vault()


def backends() -> list[Epochs]:
    """Return every backend that may hold an epoch's key, the present one first."""
    present = configured()
    if present.name == "vault":
        return [present, _file()]
    return [present, _vault()] if settings.VAULT_ADDR else [present]


def backend_of(wrapped: bytes) -> Epochs:
    """Return the backend that wrapped this, which need not be the present one.

    After a change of the setting the next turn moves every key.

    Raises:
        KeysUnavailable: it was Vault, and no address of it is set.
    """
    return _vault() if wrapped.startswith(MARK) else _file()


def _file() -> FileEpochs:
    return FileEpochs(Path(settings.EPOCHS_DIR))


def _vault() -> VaultEpochs:
    if not settings.VAULT_ADDR or not settings.VAULT_TOKEN_PATH:
        raise KeysUnavailable
    vault = Vault(
        address=settings.VAULT_ADDR,
        token_file=Path(settings.VAULT_TOKEN_PATH),
        mount=settings.VAULT_MOUNT,
        ca_file=Path(settings.VAULT_CACERT) if settings.VAULT_CACERT else None,
    )
    return VaultEpochs(vault, prefix=settings.VAULT_KEY_PREFIX)
