"""What may name a camera: a number of this machine, and nothing else."""

from __future__ import annotations

import re

NUMBER_MAX = 63
"""Above it, the library takes the hundreds of a number for another way to film."""


def camera_number(text: str) -> int:
    """Read the number of a camera: 0 to 63, in plain decimal digits.

    Not `int`: that takes digits of every script, signs, spaces and underscores.

    Raises:
        ValueError: an address, a file, a device path, or no such number.
    """
    if re.fullmatch(r"0|[1-9][0-9]?", text) is None or int(text) > NUMBER_MAX:
        message = "not the number of a camera"
        raise ValueError(message)
    return int(text)
