"""The key store: a data key for each consent, outside the database.

A key is made before its consent commits and destroyed after it ended; destroying
leaves a tombstone (which consent, when). Data keys lie wrapped by the key of the
current epoch. The epoch changes every day and its predecessor's key is destroyed, so
a copied store is dead within a day: the epochs' keys lie in a folder of their own,
which belongs on another volume and into no copy. The store is mirrored, never
versioned.

Layout, every folder 0700 and every file 0600: in `KEYSTORE_DIR`
`data/<consent>.key` · `tombstones/<consent>` · `lock`; in `EPOCHS_DIR`
`epoch-<number>.key`.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from audit import clock
from consent.errors import KeyMissing

KEY_BYTES = 32
NONCE_BYTES = 12
EPOCH = timedelta(days=1)


def key_create(*, consent: uuid.UUID) -> None:
    """Make the data key of a consent that is about to be committed."""
    with _store(exclusive=False) as root:
        epoch = _epoch()
        _write(root / "data" / f"{consent}.key", _wrap(epoch, consent))


def key_destroy(*, consent: uuid.UUID) -> None:
    """Destroy a consent's data key and leave its tombstone; twice is as good as once.

    What the key opened is unreadable from this moment.
    """
    with _store(exclusive=False) as root:
        _write(
            root / "tombstones" / str(consent), clock.stamp(clock.now()).encode("ascii")
        )
        _remove(root / "data" / f"{consent}.key")


def key_missing(*, consent: uuid.UUID) -> bool:
    """Tell whether a consent's key is gone: destroyed, or not restored as it was.

    A file wrapped by a key that is no more, as an old mirror holds it, is no key.
    """
    try:
        _unwrap(consent)
    except KeyMissing:
        return True
    return False


def keys_stored() -> dict[uuid.UUID, float]:
    """Return the consents that have a key, with the file's time (seconds, epoch)."""
    with _store(exclusive=False) as root:
        return {
            uuid.UUID(path.stem): path.stat().st_mtime
            for path in (root / "data").glob("*.key")
        }


def seal(*, consent: uuid.UUID, plaintext: bytes, bound_to: str) -> bytes:
    """Encrypt under a consent's key: nonce ‖ AES-256-GCM ciphertext.

    Args:
        consent: whose key.
        plaintext: what to encrypt.
        bound_to: what the ciphertext belongs to; it opens for the same text only.

    Raises:
        KeyMissing: the key is not in the store.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(_unwrap(consent))
    return nonce + box.encrypt(nonce, plaintext, bound_to.encode())


def unseal(*, consent: uuid.UUID, sealed: bytes, bound_to: str) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        KeyMissing: the key is not in the store, or it is not this one's ciphertext.
    """
    box = AESGCM(_unwrap(consent))
    try:
        return box.decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode()
        )
    except InvalidTag:
        raise KeyMissing from None


def epoch_turn(*, at_least: timedelta = EPOCH) -> bool:
    """Wrap every data key anew under a fresh epoch key and destroy the old one.

    Does nothing while the present epoch is younger than `at_least`. A crash half-way
    leaves both epoch keys; the next turn finishes.

    Returns:
        Whether the epoch turned.
    """
    with _store(exclusive=True) as root:
        present = _epoch()
        made = _epoch_file(present).stat().st_mtime
        epochs = _epochs()
        if clock.now().timestamp() - made < at_least.total_seconds() and (
            len(epochs) == 1
        ):
            return False
        fresh = present + 1
        _write(_epoch_file(fresh), secrets.token_bytes(KEY_BYTES))
        for path in (root / "data").glob("*.key"):
            consent = uuid.UUID(path.stem)
            # One key that opens no more is for the sweep; the others are not kept back.
            with suppress(KeyMissing):
                _write(path, _wrap(fresh, consent, _unwrap_in(root, consent)))
        for old in epochs:
            _remove(_epoch_file(old))
        return True


def secret(name: str) -> bytes:
    """Return a named 256-bit secret of this installation, made on first use.

    For keyed hashes and derived codes; lies beside the key store, never in the
    database.
    """
    path = Path(settings.SECRETS_DIR) / f"{name}.key"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = path.with_name(f".{name}.{secrets.token_hex(4)}")
        _create(scratch, secrets.token_bytes(KEY_BYTES))
        try:
            os.link(scratch, path)  # the first one made stays
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
        _sync(path.parent)
    return path.read_bytes()


@contextmanager
def _store(*, exclusive: bool) -> Iterator[Path]:
    root = Path(settings.KEYSTORE_DIR)
    epochs = Path(settings.EPOCHS_DIR)
    for folder in (root, root / "data", root / "tombstones", epochs):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _epochs():
            _write(_epoch_file(1), secrets.token_bytes(KEY_BYTES))
        if not exclusive:
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield root
    finally:
        os.close(lock)


def _epoch_file(number: int) -> Path:
    return Path(settings.EPOCHS_DIR) / f"epoch-{number}.key"


def _epochs() -> list[int]:
    found = Path(settings.EPOCHS_DIR).glob("epoch-*.key")
    return sorted(int(path.stem.removeprefix("epoch-")) for path in found)


def _epoch() -> int:
    return _epochs()[-1]


def _wrap(epoch: int, consent: uuid.UUID, data_key: bytes | None = None) -> bytes:
    wrapping = AESGCM(_epoch_file(epoch).read_bytes())
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = data_key or secrets.token_bytes(KEY_BYTES)
    sealed = wrapping.encrypt(nonce, plain, f"key|v1|{consent}".encode())
    return epoch.to_bytes(8, "big") + nonce + sealed


def _unwrap(consent: uuid.UUID) -> bytes:
    with _store(exclusive=False) as root:
        return _unwrap_in(root, consent)


def _unwrap_in(root: Path, consent: uuid.UUID) -> bytes:
    if (root / "tombstones" / str(consent)).exists():
        raise KeyMissing
    try:
        wrapped = (root / "data" / f"{consent}.key").read_bytes()
        epoch = int.from_bytes(wrapped[:8], "big")
        wrapping = AESGCM(_epoch_file(epoch).read_bytes())
        nonce, sealed = wrapped[8 : 8 + NONCE_BYTES], wrapped[8 + NONCE_BYTES :]
        return wrapping.decrypt(nonce, sealed, f"key|v1|{consent}".encode())
    except (FileNotFoundError, InvalidTag):
        raise KeyMissing from None


def _create(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> None:
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _create(scratch, content)
    scratch.replace(path)
    _sync(path.parent)


def _remove(path: Path) -> None:
    # Overwriting promises nothing on a modern disk; the epoch key's end does.
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
