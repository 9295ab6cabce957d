"""Epochs in HashiCorp Vault: each a key of the transit engine, which never leaves it.

Spoken to as its documentation says (transit: keys, encrypt, decrypt). Written for
the standard library: five calls over HTTPS need no client library with its own.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from consent.errors import KeysUnavailable
from consent.keys.epochs import KEY_BYTES, EpochGone

TIMEOUT_SECONDS = 3.0
ANSWER_MAX_BYTES = 4 * 1024 * 1024
MARK = b"vault:"
"""How every ciphertext of Vault begins; what a file's epoch wraps begins at random."""

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_BAD_CIPHERTEXT = ("message authentication failed", "invalid ciphertext")


class Vault:
    """A Vault server, as far as its transit engine is concerned."""

    def __init__(
        self, *, address: str, token_file: Path, mount: str, ca_file: Path | None
    ) -> None:
        """Take the address; nothing is sent yet.

        Raises:
            KeysUnavailable: plain HTTP to another machine.
        """
        parts = urlsplit(address)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or plain):
            raise KeysUnavailable
        self.host, self.port, self.plain = parts.hostname, parts.port, plain
        self.token_file, self.mount, self.ca_file = token_file, mount, ca_file

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send one request; return status and body. No proxy, no redirect, no retry.

        Raises:
            KeysUnavailable: no answer in time, no token, or one that says nothing
                about the keys: forbidden, sealed, redirected, broken.
        """
        try:
            token = self.token_file.read_text("ascii").strip()
            status, raw = self._exchange(method, path, token, body)
            told = json.loads(raw) if raw else {}
        except (OSError, ValueError, http.client.HTTPException):
            # The cause alone stays here: a text of it may name the address.
            raise KeysUnavailable from None
        if status not in {200, 204, 400, 404} or not isinstance(told, dict):
            raise KeysUnavailable
        return status, told

    def _exchange(
        self, method: str, path: str, token: str, body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        link: http.client.HTTPConnection
        if self.plain:
            link = http.client.HTTPConnection(
                self.host, self.port, timeout=TIMEOUT_SECONDS
            )
        else:
            trust = ssl.create_default_context(cafile=self.ca_file)
            link = http.client.HTTPSConnection(
                self.host, self.port, timeout=TIMEOUT_SECONDS, context=trust
            )
        until = time.monotonic() + TIMEOUT_SECONDS
        try:
            link.request(
                method,
                f"/v1/{self.mount}/{path}",
                body=None if body is None else json.dumps(body),
                headers={"X-Vault-Token": token, "X-Vault-Request": "true"},
            )
            answer = link.getresponse()
            raw = b""
            # Each piece has the time-out for itself, and all together have it too.
            while piece := answer.read1(65_536):
                raw += piece
                if len(raw) > ANSWER_MAX_BYTES or time.monotonic() > until:
                    raise KeysUnavailable
            return answer.status, raw
        finally:
            link.close()


class VaultEpochs:
    """A transit key for each epoch, named `<prefix>-<number>`."""

    name = "vault"

    def __init__(self, vault: Vault, *, prefix: str) -> None:
        self.vault = vault
        self.prefix = prefix

    def standing(self) -> dict[int, float]:
        """As `Epochs`; the time is Vault's."""
        status, told = self.vault.ask("LIST", "keys")
        if status == 404:
            if told.get("errors"):
                raise KeysUnavailable  # no such engine, which is not "no keys"
            return {}
        try:
            names = [str(name) for name in told["data"]["keys"]]
        except (KeyError, TypeError):
            raise KeysUnavailable from None
        found = {}
        for name in names:
            number = re.fullmatch(rf"{re.escape(self.prefix)}-([0-9]{{1,12}})", name)
            made = self._made(name) if number else None
            if number and made is not None:
                found[int(number[1])] = made
        return dict(sorted(found.items()))

    def begin(self, epoch: int) -> None:
        """As `Epochs`. The key cannot be exported or copied out of Vault."""
        made = {
            "type": "aes256-gcm96",
            "exportable": False,
            "allow_plaintext_backup": False,
        }
        self._done("POST", f"keys/{self._key(epoch)}", made)

    def end(self, epoch: int) -> None:
        """As `Epochs`."""
        name = self._key(epoch)
        if self._made(name) is None:
            return
        self._done("POST", f"keys/{name}/config", {"deletion_allowed": True})
        self._done("DELETE", f"keys/{name}")

    def wrap(self, epoch: int, keys: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """As `Epochs`. What Vault encrypts is the consent's id and its key."""
        name = self._key(epoch)
        if self._made(name) is None:
            # Vault may make a key that it is asked to encrypt with.
            raise EpochGone
        results = self._batch(
            f"encrypt/{name}",
            [{"plaintext": _base64(one.bytes + key)} for one, key in keys.items()],
        )
        made = {}
        for consent, result in zip(keys, results, strict=True):
            text = str(result.get("ciphertext", ""))
            if not text.startswith("vault:") or not text.isascii():
                raise KeysUnavailable
            made[consent] = text.encode("ascii")
        return made

    def unwrap(self, epoch: int, wrapped: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """As `Epochs`: gone only if Vault says that it has no such key, or no ours."""
        name = self._key(epoch)
        if self._made(name) is None:
            return {}
        # What is no text was never Vault's.
        asked = {one: text for one, text in wrapped.items() if text.isascii()}
        items = [{"ciphertext": text.decode("ascii")} for text in asked.values()]
        try:
            results = self._batch(f"decrypt/{name}", items)
        except KeysUnavailable:
            if self._made(name) is None:
                return {}  # the turn came in between
            raise
        opened = {}
        for consent, result in zip(asked, results, strict=True):
            if error := str(result.get("error") or ""):
                if any(known in error for known in _BAD_CIPHERTEXT):
                    continue
                raise KeysUnavailable
            try:
                plain = base64.b64decode(str(result["plaintext"]), validate=True)
            except (KeyError, ValueError):
                raise KeysUnavailable from None
            owner, key = plain[:16], plain[16:]
            if owner == consent.bytes and len(key) == KEY_BYTES:
                opened[consent] = key
        return opened

    def _made(self, name: str) -> float | None:
        """Return when a key was made; None when Vault has no such key."""
        status, told = self.vault.ask("GET", f"keys/{name}")
        if status == 404 and not told.get("errors"):
            return None
        try:
            return float(told["data"]["keys"]["1"])
        except (KeyError, TypeError, ValueError):
            raise KeysUnavailable from None

    def _batch(self, path: str, items: list[dict[str, str]]) -> list[dict[str, Any]]:
        """Return a result for each; 400 still carries them when one has an error."""
        if not items:
            return []
        _, told = self.vault.ask("POST", path, {"batch_input": items})
        try:
            results = told["data"]["batch_results"]
            if len(results) != len(items):
                raise KeysUnavailable
        except (KeyError, TypeError):
            raise KeysUnavailable from None
        return [dict(one) for one in results]

    def _done(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> None:
        status, _ = self.vault.ask(method, path, body)
        if status not in {200, 204}:
            raise KeysUnavailable

    def _key(self, epoch: int) -> str:
        return f"{self.prefix}-{epoch}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
