"""An inspector with verify.html on a laptop, and verify.py beside it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from audit import verifier
from tests.browser.stage import Device

HTML = Path(verifier.__file__).with_name("verifier.html")
PHONE = (360, 740)

RUN = """
async ({pack, pins, priors, receipt}) => {
  const file = (one) => one && new File(
    [Uint8Array.from(atob(one.raw), (c) => c.charCodeAt(0))], one.name);
  const options = {pins, priors: priors.map(file), receipt: file(receipt)};
  return pack ? salescenterVerify.verifyPack(file(pack), options)
    : salescenterVerify.verifyReceipt(file(receipt), options);
}
"""
SAME = [
    "exit",
    "verdict",
    "origin",
    "demonstration",
    "redaction",
    "sites",
    "first_seq",
    "last_seq",
    "created_at",
    "events",
    "grants",
    "tail",
    "checkpoints",
    "size",
    "root",
    "after_last_checkpoint",
    "partial",
    "pinned",
    "keys",
    "unknown_kinds",
    "altered_count",
    "violations_count",
]


@dataclass(frozen=True)
class Case:
    """What is given to both verifiers."""

    pack: bytes | None = None
    pins: tuple[str, ...] = ()
    priors: tuple[str, ...] = ()
    receipt: str | None = None


@dataclass
class Inspector:
    """A browser with the page open and no network, and all that went wrong in it."""

    page: Page
    folder: Path
    device: Device
    given: int = field(default=0)

    def judge(self, case: Case) -> dict[str, Any]:
        """Return what the page says."""

        def file(name: str, raw: bytes | None) -> dict[str, str] | None:
            if raw is None:
                return None
            return {"name": name, "raw": base64.b64encode(raw).decode()}

        notes = [file(f"{n}.note", one.encode()) for n, one in enumerate(case.priors)]
        receipt = None if case.receipt is None else case.receipt.encode()
        found: dict[str, Any] = self.page.evaluate(
            RUN,
            {
                "pack": file("pack.zip", case.pack),
                "pins": list(case.pins),
                "priors": notes,
                "receipt": file("receipt.json", receipt),
            },
        )
        return found

    def twin(self, case: Case) -> dict[str, Any]:
        """Return what verify.py says."""
        self.given += 1
        here = self.folder / str(self.given)
        here.mkdir()

        def file(name: str, raw: bytes | None) -> str | None:
            if raw is None:
                return None
            (here / name).write_bytes(raw)
            return str(here / name)

        priors = [
            str(file(f"{n}.note", one.encode())) for n, one in enumerate(case.priors)
        ]
        receipt = None if case.receipt is None else case.receipt.encode()
        return verifier.verify_pack(
            file("pack.zip", case.pack),
            pins=[key for text in case.pins for key in text.split()],
            priors=priors,
            receipt=file("receipt.json", receipt),
        ).as_json()

    def agree(self, case: Case) -> dict[str, Any]:
        """Return what both say; fail where they differ."""
        ours, theirs = self.judge(case), self.twin(case)
        assert essence(ours) == essence(theirs)
        return ours

    def give(self, *files: tuple[str, bytes], pin: str = "") -> None:
        """Choose files on the page and press the button, as a person does."""
        self.page.reload()
        self.page.set_input_files(
            "#files",
            [payload(*file) for file in files],
        )
        expect(self.page.locator("#chosen li")).to_have_count(len(files))
        self.page.fill("#pins", pin)
        self.page.click("#start")

    def verdict(self) -> str:
        """Return the big line."""
        return self.page.locator("#verdict").inner_text().split("\n")[0]


def payload(name: str, raw: bytes) -> FilePayload:
    """Return a file as the browser is handed it."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": raw}


def essence(found: dict[str, Any]) -> dict[str, Any]:
    """Return what has to be equal, without the words and the names of files."""
    receipt = found["receipt"]
    kept = ("proved", "signed", "choices", "given", "origin", "size", "vouched")
    return {
        **{name: found[name] for name in SAME},
        "altered": sorted(
            (one.get("line", 0), one.get("seq", -1)) for one in found["altered"]
        ),
        "violations": sorted(one["seq"] for one in found["violations"]),
        "priors": [one["result"] for one in found["priors"]],
        "receipt": receipt and {name: receipt[name] for name in kept},
    }


def inner(tag: str) -> str:
    found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", HTML.read_text(), re.S)
    assert len(found) == 1
    return str(found[0])


def csp_hash(text: str) -> str:
    return (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    )
