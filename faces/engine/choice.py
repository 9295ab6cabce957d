"""Which encoder this machine uses, as its set-up found it. Loads no model.

`python -m faces.engine.preparing` writes it beside the file of the fast encoder, below
`var/`; both are made on each machine out of the installed weights.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "var" / "models"
CHOICE_FILE = FOLDER / "encoder.json"

DIFFERENCE_MAX = 1e-4
"""The fast encoder is used where no number differs by more from the library's."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a set-up found.

    Attributes:
        file: name of the fast encoder's file in `FOLDER`; None for the library, where
            that one cannot be had or differs.
        file_sha256: of that file; one that was damaged since is not used.
        weights: SHA-256 of the installed weights; None when they were not read.
        difference: largest difference of any number of an encoding, over `faces` faces
            of the photographs in the wheels; None when it was not measured.
        reason: why it is the library: a code; None for the fast one.
    """

    file: str | None = None
    file_sha256: str | None = None
    weights: str | None = None
    difference: float | None = None
    faces: int = 0
    reason: str | None = None

    @property
    def encoder(self) -> str:
        """Return `fast` or `library`."""
        return "library" if self.file is None else "fast"

    @property
    def path(self) -> Path | None:
        """Return where the fast encoder's file is."""
        return None if self.file is None else FOLDER / self.file


NOT_PREPARED = Choice(reason="not_prepared")


def choice_read() -> Choice:
    """Return what the last set-up on this machine chose; the library before any."""
    return encoder_read()[0]


def encoder_read() -> tuple[Choice, bytes | None]:
    """Return the same, with the fast encoder where it is used: read once, then checked.

    The bytes are those whose hash was compared.
    """
    try:
        told = json.loads(CHOICE_FILE.read_text(encoding="utf-8"))
        chosen = Choice(**told)
    except (OSError, ValueError, TypeError):
        return NOT_PREPARED, None
    if chosen.path is None:
        return chosen, None
    try:
        written = chosen.path.read_bytes()
    except OSError:
        return Choice(reason="file_missing"), None
    if hashlib.sha256(written).hexdigest() != chosen.file_sha256:
        return Choice(reason="file_damaged"), None
    return chosen, written


def choice_write(chosen: Choice) -> None:
    """Keep what a set-up chose."""
    draft = CHOICE_FILE.with_suffix(".new")
    draft.write_text(json.dumps(asdict(chosen), indent=2) + "\n", encoding="utf-8")
    draft.replace(CHOICE_FILE)
