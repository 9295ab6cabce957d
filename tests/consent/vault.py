"""A server that answers as HashiCorp Vault's documentation of transit says.

Real HTTP on loopback. Not Vault: where the documentation is silent it proves nothing.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.0123456789"


@dataclass
class Transit:
    """What the server holds, and how it misbehaves."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    sealed: bool = False
    stalls_s: float = 0.0
    dribbles: bool = False
    broken: bool = False
    moved: bool = False
    mounted: bool = True
    decrypts: bool = True
    asked: list[str] = field(default_factory=list)

    def answer(
        self, method: str, path: str, token: str | None, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        self.asked.append(f"{method} {path}")
        if self.sealed or (not self.decrypts and "/decrypt/" in path):
            return 503, {"errors": ["Vault is sealed"]}
        if self.moved:
            return 307, {}
        if not token:
            return 400, {"errors": ["missing client token"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if not self.mounted or not path.startswith("/v1/transit/"):
            return 404, {"errors": ["no handler for route"]}
        parts = path.removeprefix("/v1/transit/").split("/")
        match [method, *parts]:
            case ["LIST", "keys"]:
                if not self.keys:
                    return 404, {"errors": []}
                return 200, {"data": {"keys": sorted(self.keys)}}
            case ["GET", "keys", name]:
                if name not in self.keys:
                    return 404, {"errors": []}
                return 200, {"data": {"keys": {"1": self.keys[name]["made"]}}}
            case ["POST", "keys", name]:
                assert body["exportable"] is body["allow_plaintext_backup"] is False
                self._make(name)
                return 204, {}
            case ["POST", "keys", name, "config"]:
                self.keys[name]["deletable"] = body["deletion_allowed"]
                return 204, {}
            case ["DELETE", "keys", name]:
                if not self.keys[name]["deletable"]:
                    return 400, {"errors": ["deletion is not allowed for this key"]}
                del self.keys[name]
                return 204, {}
            case ["POST", "encrypt", name]:
                self._make(name)  # as Vault does for a token that may create
                return self._batch(name, body, self._encrypt)
            case ["POST", "decrypt", name]:
                if name not in self.keys:
                    return 400, {"errors": ["encryption key not found"]}
                return self._batch(name, body, self._decrypt)
        return 405, {"errors": ["unsupported operation"]}

    def _make(self, name: str) -> None:
        made = {
            "key": secrets.token_bytes(32),
            "made": int(time.time()),
            "deletable": False,
        }
        self.keys.setdefault(name, made)

    def _batch(
        self,
        name: str,
        body: dict[str, Any],
        do: Callable[[bytes, dict[str, str]], dict[str, str]],
    ) -> tuple[int, dict[str, Any]]:
        results = [do(self.keys[name]["key"], item) for item in body["batch_input"]]
        failed = any("error" in one for one in results)
        return 400 if failed else 200, {"data": {"batch_results": results}}

    def _encrypt(self, key: bytes, item: dict[str, str]) -> dict[str, str]:
        nonce = secrets.token_bytes(12)
        plain = base64.b64decode(item["plaintext"], validate=True)
        sealed = base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, None))
        return {"ciphertext": f"vault:v1:{sealed.decode()}"}

    def _decrypt(self, key: bytes, item: dict[str, str]) -> dict[str, str]:
        text = item["ciphertext"]
        if not text.startswith("vault:v1:"):
            return {"error": "invalid ciphertext: no prefix"}
        try:
            raw = base64.b64decode(text.removeprefix("vault:v1:"), validate=True)
        except ValueError:
            return {"error": "invalid ciphertext: could not decode base64"}
        try:
            plain = AESGCM(key).decrypt(raw[:12], raw[12:], None)
        except (InvalidTag, ValueError):
            return {"error": "cipher: message authentication failed"}
        return {"plaintext": base64.b64encode(plain).decode()}


@contextmanager
def serving(transit: Transit) -> Iterator[str]:
    """Serve it on loopback; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            token = self.headers.get("X-Vault-Token")
            status, told = transit.answer(self.command, self.path, token, body)
            raw = b"<html>" if transit.broken else json.dumps(told).encode()
            if status == 204:
                raw = b""
            time.sleep(transit.stalls_s)
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            step = 1 if transit.dribbles else max(len(raw), 1)
            for place in range(0, len(raw), step):
                piece = raw[place : place + 1] if transit.dribbles else raw
                self.wfile.write(piece)
                if transit.dribbles:
                    time.sleep(0.05)

        do_GET = do_POST = do_DELETE = do_LIST = _answer

        def handle(self) -> None:
            with suppress(OSError):  # who asked had no patience
                super().handle()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
