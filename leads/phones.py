"""Phone numbers and surnames: one normal form, masks and keyed hashes.

Nothing here stores, logs or repeats a number; no exception text contains one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

import phonenumbers

from audit.errors import DomainError

DEFAULT_REGION = "CN"
INPUT_MAX_CHARS = 40
HASH_KEY_MIN_BYTES = 32

# phonenumbers reads letters as keypad digits and accepts extensions; a typing error
# would then become somebody else's number, so both are refused beforehand.
_PLAIN = re.compile(r"\+?[0-9 ()./\-]+")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－·•"), "-")
_MASK_SIGNS = dict.fromkeys(map(ord, "xX×•●∗"), "*")
_MASKED = re.compile(r"\+?[0-9*]+")
_FOUR_DIGITS = re.compile(r"[0-9]{4}")


class PhoneInvalid(DomainError, ValueError):
    """Say that a text is no phone number, without repeating it.

    Ask the person to check the number and enter it again.
    """

    code = "phone_invalid"

    def __init__(self) -> None:
        """Build the one text this error ever has."""
        super().__init__("not a phone number")


@dataclass(frozen=True, slots=True)
class MaskedPhone:
    """Hold a phone of which some digits are hidden.

    Attributes:
        country: calling code, all digits visible, such as `86`.
        digits: national digits without trunk prefix; `*` where hidden.
    """

    country: str
    digits: str

    @property
    def visible(self) -> int:
        """Count the national digits that can be seen."""
        return len(self.digits) - self.digits.count("*")


def _clean(text: str) -> str:
    if len(text) > INPUT_MAX_CHARS:
        raise PhoneInvalid
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def normalise(text: str, region: str = DEFAULT_REGION) -> str:
    """Return the E.164 form of a number as people write it.

    Args:
        text: mainland mobile or landline, or international with `+`; full-width
            digits, spaces, dashes and brackets are accepted.
        region: where a number without `+` belongs (ISO 3166, `CN`).

    Raises:
        PhoneInvalid: not a number that can exist there.

    Source: ITU-T E.164; libphonenumber metadata for what exists.
    """
    cleaned = _clean(text)
    if not _PLAIN.fullmatch(cleaned):
        raise PhoneInvalid
    try:
        number = phonenumbers.parse(cleaned, region)
    except phonenumbers.NumberParseException:
        # `from None`: the library's text may repeat what was typed.
        raise PhoneInvalid from None
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _national(e164: str) -> str:
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        raise PhoneInvalid from None
    return phonenumbers.national_significant_number(number)


def last_four(e164: str) -> str:
    """Return the last four digits of a normalised number."""
    return e164[-4:]


def masked(e164: str) -> str:
    """Return a number for the screen: `138****5678`.

    At least four digits stay hidden, so a short number shows fewer in front.
    """
    national = _national(e164)
    front = min(3, max(0, len(national) - 8))
    hidden = len(national) - front - 4
    return national[:front] + "*" * hidden + national[-4:]


def _split_country(digits: str) -> tuple[str, str]:
    for length in (1, 2, 3):
        code = digits[:length]
        if code.isdigit() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code, digits[length:]
    raise PhoneInvalid


def masked_parse(text: str, region: str = DEFAULT_REGION) -> MaskedPhone:
    """Read a masked number such as `138****5678` or `+852 9***4567`.

    Args:
        text: digits with `*` (also `x`) for hidden ones; spaces and dashes allowed.
        region: where a number without `+` belongs.

    Raises:
        PhoneInvalid: other signs, nothing hidden, or no length a phone can have.
    """
    pattern = _clean(text).translate(_MASK_SIGNS)
    pattern = re.sub(r"[ ()./\-]", "", pattern)
    if not _MASKED.fullmatch(pattern) or "*" not in pattern:
        raise PhoneInvalid
    country = phonenumbers.country_code_for_region(region)
    if pattern.startswith("+"):
        code, digits = _split_country(pattern[1:])
    elif country and pattern.startswith(f"00{country}"):
        code, digits = str(country), pattern[2 + len(str(country)) :]
    else:
        code, digits = str(country), pattern
        trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
        if trunk == "0" and digits.startswith("0"):
            digits = digits[1:]
    if code == "0" or not 5 <= len(digits) <= 15:
        raise PhoneInvalid
    return MaskedPhone(country=code, digits=digits)


def masked_fits(
    e164: str,
    pattern: MaskedPhone | str,
    min_visible: int,
    region: str = DEFAULT_REGION,
) -> bool:
    """Tell whether a number can be the masked one (clause A1, digits only).

    Every visible national digit agrees, the lengths are equal and at least
    `min_visible` national digits are visible.

    Raises:
        PhoneInvalid: `pattern` is a text and no masked number.
    """
    mask = masked_parse(pattern, region) if isinstance(pattern, str) else pattern
    prefix = f"+{mask.country}"
    if len(e164) != len(prefix) + len(mask.digits) or not e164.startswith(prefix):
        return False
    if mask.visible < min_visible:
        return False
    for seen, real in zip(mask.digits, e164[len(prefix) :], strict=True):
        if seen not in ("*", real):
            return False
    return True


def surname_normal(surname: str) -> str:
    """Return the form in which surnames are compared: NFKC, stripped, casefolded."""
    return unicodedata.normalize("NFKC", surname).strip().casefold()


def _keyed(key: bytes, domain: bytes, *parts: str) -> bytes:
    if len(key) < HASH_KEY_MIN_BYTES:
        text = f"a hash key has at least {HASH_KEY_MIN_BYTES} bytes"
        raise ValueError(text)
    message = [b"salescenter/leads/", domain, b"/1\0"]
    for part in parts:
        data = part.encode()
        # Lengths keep ("ab", "c") and ("a", "bc") apart.
        message += [len(data).to_bytes(4, "big"), data]
    return hmac.digest(key, b"".join(message), hashlib.sha256)


def number_hash(key: bytes, e164: str) -> bytes:
    """Return the 32-byte keyed hash by which a whole number is found."""
    return _keyed(key, b"number", e164)


def last_four_hash(key: bytes, site: UUID | str, digits: str) -> bytes:
    """Return the 32-byte keyed hash by which a number's ending is found at a site.

    Raises:
        PhoneInvalid: `digits` are not four digits.
    """
    four = unicodedata.normalize("NFKC", digits).strip()
    if not _FOUR_DIGITS.fullmatch(four):
        raise PhoneInvalid
    return _keyed(key, b"last-four", str(site), four)


def surname_hash(key: bytes, surname: str) -> bytes:
    """Return the 32-byte keyed hash by which an announced surname is compared."""
    return _keyed(key, b"surname", surname_normal(surname))
