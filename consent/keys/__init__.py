"""The key store: a data key for each consent, outside the database.

A key is made before its consent commits and destroyed after it ended; destroying
leaves a tombstone (which consent, when). Data keys lie wrapped by the key of the
current epoch. The epoch changes every day and its predecessor's key is destroyed, so
a copied store is dead within a day. Where the epochs' keys lie is the backend: a
folder of their own, which belongs on another volume and into no copy, or HashiCorp
Vault. The store is mirrored, never versioned.

Layout, every folder 0700 and every file 0600: in `KEYSTORE_DIR`
`data/<consent>.key` · `tombstones/<consent>` · `generation`, and three locks; in
`EPOCHS_DIR` `epoch-<number>.key`.
"""

from __future__ import annotations

from consent.keys.epochs import KEY_BYTES
from consent.keys.named import secret
from consent.keys.sealing import seal, unseal
from consent.keys.status import KeysState, keys_state, mirror_behind_since
from consent.keys.store import (
    key_create,
    key_destroy,
    key_missing,
    keys_missing,
    keys_stored,
    mirror_reconcile,
)
from consent.keys.turning import EPOCH, epoch_turn

__all__ = [
    "EPOCH",
    "KEY_BYTES",
    "KeysState",
    "epoch_turn",
    "key_create",
    "key_destroy",
    "key_missing",
    "keys_missing",
    "keys_state",
    "keys_stored",
    "mirror_behind_since",
    "mirror_reconcile",
    "seal",
    "secret",
    "unseal",
]
