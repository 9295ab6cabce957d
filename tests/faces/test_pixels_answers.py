"""Whether the answer of a pixel worker is believed."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from faces.pixels import answers

POSE = [0.1, 0.4, 0.1]
HINT: dict[str, Any] = {"reasons": [], "box": [0.1, 0.2, 0.3, 0.4], "poses": [POSE]}
CODE: dict[str, Any] = {"frames_used": 1, "spread": 0.0, "poses": [POSE]}
MEAN = [bytes(1024)]


def without(answer: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: told for name, told in answer.items() if name != key}


def test_an_honest_answer_is_believed() -> None:
    answers.answer_check(HINT, [], frames=1, encodes=False)
    answers.answer_check(
        {"reasons": ["none_found"], "box": None, "poses": [None, POSE]},
        [],
        frames=2,
        encodes=False,
    )
    answers.answer_check(CODE, MEAN, frames=1, encodes=True)
    answers.answer_check({"reasons": ["too_dark"]}, [], frames=1, encodes=True)
    answers.answer_check({"fault": "truncated"}, [], frames=1, encodes=False)


HOSTILE: list[tuple[dict[str, Any], list[bytes], bool]] = [
    ({"fault": "because"}, [], False),
    (HINT | {"reasons": ["ugly"]}, [], False),
    (HINT | {"reasons": "none_found"}, [], False),
    (HINT | {"box": [0.1, 0.2, 0.3]}, [], False),
    (HINT | {"box": [0.1, 0.2, 0.3, 1.5]}, [], False),
    (HINT | {"box": [0.1, 0.2, 0.3, "wide"]}, [], False),
    (HINT | {"poses": []}, [], False),
    (HINT | {"poses": [POSE, POSE]}, [], False),
    (HINT | {"poses": [[0.1, 0.2]]}, [], False),
    (HINT | {"poses": [[0.1, 0.2, "near"]]}, [], False),
    (without(HINT, "reasons"), [], False),
    (without(HINT, "box"), [], False),
    (without(HINT, "poses"), [], False),
    (CODE, [], True),
    (CODE, [b"x" * 1023], True),
    (CODE, [struct.pack("<d", 9e999) * 128], True),
    (CODE | {"frames_used": "1"}, MEAN, True),
    (CODE | {"frames_used": 0}, MEAN, True),
    (CODE | {"frames_used": 2}, MEAN, True),
    (CODE | {"spread": math.nan}, MEAN, True),
    (CODE | {"poses": 3}, MEAN, True),
    (CODE | {"poses": []}, MEAN, True),
    (CODE | {"poses": [None]}, MEAN, True),
    (CODE | {"poses": [POSE, POSE]}, MEAN, True),
    (without(CODE, "frames_used"), MEAN, True),
    (without(CODE, "spread"), MEAN, True),
    (without(CODE, "poses"), MEAN, True),
    ({"reasons": ["too_dark"]}, MEAN, True),
]


@pytest.mark.parametrize(("answer", "parts", "encodes"), HOSTILE)
def test_a_worker_that_was_taken_over_is_not_believed(
    answer: dict[str, Any], parts: list[bytes], encodes: bool
) -> None:
    with pytest.raises(ValueError):
        answers.answer_check(answer, parts, frames=1, encodes=encodes)
