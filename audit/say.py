"""Words for people in both languages, for the places that have no template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["zh-hans", "en"]
CHINESE: Final[Language] = "zh-hans"
ENGLISH: Final[Language] = "en"


@dataclass(frozen=True, slots=True)
class Say:
    """One sentence, side by side in Chinese and English.

    Lives in the lowest app because errors and form errors are raised below the pages
    that show them.
    """

    zh: str
    en: str

    def text(self, language: str) -> str:
        """Return the sentence in `language`; anything but English is Chinese."""
        return self.en if language == ENGLISH else self.zh
