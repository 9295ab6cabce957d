"""The unified social credit code (统一社会信用代码) of a legal entity."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18


def credit_code_fits(code: str) -> bool:
    """Tell whether a code has 18 characters and its check digit fits (GB 32100)."""
    if len(code) != LENGTH or set(code) - set(ALPHABET):
        return False
    return code[-1] == check_digit(code[:-1])


def check_digit(body: str) -> str:
    """Return the check digit of the 17 characters before it."""
    total = sum(
        ALPHABET.index(one) * pow(3, place, 31) for place, one in enumerate(body)
    )
    return ALPHABET[-total % 31]
