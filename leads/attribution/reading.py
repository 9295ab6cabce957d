"""Typed reading of JSON values, with one clear line when one is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from leads.attribution.errors import FactsMalformed

# Far enough from the calendar's ends that no term of the rules overflows it.
YEAR_MIN, YEAR_MAX = 1900, 2200
QUOTED_MAX_CHARS = 40


def quoted(value: object) -> str:
    """Return a short one-line form of a value for an error line."""
    text = ascii(value)
    return text if len(text) <= QUOTED_MAX_CHARS else text[:QUOTED_MAX_CHARS] + "…"


@dataclass(frozen=True, slots=True)
class Entry:
    """One JSON object and the words that say where it stands."""

    where: str
    data: Mapping[str, object]

    @classmethod
    def of(cls, where: str, value: object) -> Entry:
        """Wrap a JSON object.

        Raises:
            FactsMalformed: `value` is no object.
        """
        if not isinstance(value, Mapping):
            text = f"{where}: not an object"
            raise FactsMalformed(text)
        return cls(where, value)

    def wrong(self, name: str, what: str) -> FactsMalformed:
        """Return the error for one key."""
        return FactsMalformed(f"{self.where}: {name} {what}")

    def value(self, name: str) -> object:
        """Return the value of a key that must be there (null is a value)."""
        if name not in self.data:
            text = f"{self.where}: missing key {quoted(name)}"
            raise FactsMalformed(text)
        return self.data[name]

    def items(self, name: str) -> list[object]:
        """Return a list."""
        value = self.value(name)
        if not isinstance(value, list):
            raise self.wrong(name, "is not a list")
        return value

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise self.wrong(name, "is not a text")
        return value

    def text_or_null(self, name: str) -> str | None:
        """Return a text or None; an empty text counts as none."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(name, "is neither a text nor null")
        return value.strip() or None

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words."""
        value = self.text(name)
        if value not in allowed:
            raise self.wrong(name, f"is not one of {', '.join(allowed)}")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.value(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "is neither true nor false")
        return value

    def count(self, name: str, most: int) -> int:
        """Return a whole number from 0 to `most`."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, "is not a whole number")
        if not 0 <= value <= most:
            raise self.wrong(name, f"is not between 0 and {most}")
        return value

    def instant(self, name: str) -> datetime:
        """Return a time in UTC; the text must carry its zone (ISO 8601)."""
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            if isinstance(error, FactsMalformed):
                raise
            raise self.wrong(name, "is not a time") from None
        if at.tzinfo is None:
            raise self.wrong(name, "is a time without zone")
        if not YEAR_MIN <= at.year <= YEAR_MAX:
            raise self.wrong(name, f"is not between {YEAR_MIN} and {YEAR_MAX}")
        return at.astimezone(UTC)
