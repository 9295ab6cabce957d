"""Every code of the catalogue has words, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from audit.catalogue import KINDS
from audit.grammar import BODY_KEYS
from audit.say import Say
from audit.words import (
    GROUPS,
    body_key_words,
    group_of,
    key_words,
    kind_words,
    value_words,
)

CHINESE = re.compile(r"[一-鿿]")


def spoken(words: Say | None, code: str) -> bool:
    return (
        words is not None
        and words != Say(code, code)
        and bool(CHINESE.search(words.zh))
        and not CHINESE.search(words.en)
    )


def test_each_kind_is_in_one_group() -> None:
    grouped = [kind for group in GROUPS for kind in group.kinds]
    assert sorted(grouped) == sorted(KINDS)
    assert len({group.code for group in GROUPS}) == len(GROUPS)
    assert group_of("no.such").kinds == {}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_and_its_keys_have_words(kind: str) -> None:
    assert spoken(kind_words(kind), kind)
    for key in KINDS[kind].keys:
        assert spoken(key_words(key), key), key


@pytest.mark.parametrize("key", sorted(BODY_KEYS))
def test_each_key_of_a_body_has_words(key: str) -> None:
    assert spoken(body_key_words(key), key)


def codes() -> Iterator[tuple[str, str]]:
    for kind in KINDS.values():
        for key, check in kind.keys.items():
            _, one_of, listed = check.says.partition("one of ")
            for code in listed.split() if one_of else []:
                yield key, code


def test_each_code_has_words() -> None:
    told = set(codes())
    assert len(told) > 100
    assert [pair for pair in told if not spoken(value_words(*pair), pair[1])] == []


def test_what_is_unknown_is_shown_as_it_is() -> None:
    assert kind_words("no.such") == Say("no.such", "no.such")
    assert key_words("no_such") == Say("no_such", "no_such")
    assert value_words("reason", "no_such") is None
    assert value_words("once", value=True) == Say("是", "yes")
    assert value_words("score", 3) is None
