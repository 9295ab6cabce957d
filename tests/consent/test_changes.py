"""What an old consent covers: each kind of change, material or editorial."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from consent import changes
from consent.changes import purposes_changed, rules_changes
from consent.rules import LANGUAGES
from tests import make

Document = dict[str, Any]
CONTACT = ["contact"]
ALL = ["attribution", "contact", "face.checkin", "marketing.call", "marketing.sms"]


def sample() -> Document:
    # By way of JSON in all but name: the builder shares parts between languages.
    document = copy.deepcopy(make.rules_document())
    document["languages"] = {
        name: copy.deepcopy(document["languages"][name]) for name in LANGUAGES
    }
    return document


def changed(path: str, value: object) -> Document:
    document = sample()
    part: Any = document
    *way, last = path.split("/")
    for name in way:
        part = part[name]
    part[last] = value
    return document


PURPOSE = "languages/en/purposes/contact"
PARTY = {
    "name": "A",
    "contact": "a@example",
    "purpose": "p",
    "method": "m",
    "categories": "c",
}


@pytest.mark.parametrize(
    ("path", "value", "frozen"),
    [
        ("purposes/contact/retention_days", 31, CONTACT),
        ("purposes/contact/retention_days", 29, []),
        ("purposes/contact/destroy_s", 61, CONTACT),
        ("purposes/contact/destroy_s", 59, []),
        ("purposes/contact/sensitive", True, CONTACT),
        ("purposes/face.checkin/matching", "1:n", ["face.checkin"]),
        ("purposes/face.checkin/matching", "1:1", []),
        ("purposes/face.checkin/presence", True, ["face.checkin"]),
        # Not asked for, and not said to be: only told otherwise.
        ("purposes/face.checkin/presence", False, []),
        (f"{PURPOSE}/method", "By other means.", CONTACT),
        (f"{PURPOSE}/sentence", "Something else.", CONTACT),
        (f"{PURPOSE}/where", "In the garden.", CONTACT),
        (f"{PURPOSE}/legal_basis", "Contract.", CONTACT),
        (f"{PURPOSE}/data", ["contact data", "Address"], CONTACT),
        (f"{PURPOSE}/data_optional", ["Age"], CONTACT),
        (f"{PURPOSE}/recipients", [PARTY], CONTACT),
        (f"{PURPOSE}/why", "Clearer.", []),
        (f"{PURPOSE}/effect", "Clearer.", []),
        (f"{PURPOSE}/refusal", "Clearer.", []),
        (f"{PURPOSE}/retention", "In other words.", []),
        # Only width, case, spaces and stops differ.
        (f"{PURPOSE}/method", " CONTACT  method!", []),
        ("languages/en/purposes/marketing.sms/frequency", "Daily", ["marketing.sms"]),
        ("languages/en/purposes/marketing.sms/cancel", "Reply: stop.", []),
        ("languages/en/storage", "Elsewhere.", ALL),
        ("languages/en/transmission", "By mail.", ALL),
        ("languages/en/cross_border", "To the moon.", ALL),
        ("languages/en/automated", "All of it.", ALL),
        ("languages/en/processors", [PARTY], ALL),
        ("languages/en/joint_operators", [PARTY], ALL),
        ("languages/en/complaint", ["Call 12315."], []),
        ("languages/en/security", ["Better."], []),
        ("proof_days", 1_827, ALL),
        ("proof_days", 1_825, []),
        ("answer_days", 10, []),
        ("label", "2026-02", []),
    ],
)
def test_each_change_and_whom_it_freezes(
    path: str, value: object, frozen: list[str]
) -> None:
    new = changed(path, value)
    assert purposes_changed(old=sample(), new=new) == frozen
    assert len(rules_changes(old=sample(), new=new)) == 1


def test_a_presence_check_that_goes_is_material_too() -> None:
    asked = changed("purposes/face.checkin/presence", True)
    assert purposes_changed(old=asked, new=sample()) == ["face.checkin"]
    assert purposes_changed(old=asked, new=asked) == []


def test_the_first_version_and_the_same_one_change_nothing() -> None:
    assert purposes_changed(old=None, new=sample()) == []
    assert rules_changes(old=sample(), new=sample()) == []


def test_a_purpose_that_comes_is_material_and_one_that_goes_is_not() -> None:
    without = sample()
    del without["purposes"]["attribution"]
    for language in LANGUAGES:
        del without["languages"][language]["purposes"]["attribution"]
    assert purposes_changed(old=without, new=sample()) == ["attribution"]
    assert purposes_changed(old=sample(), new=without) == []
    assert [one.field for one in rules_changes(old=sample(), new=without)] == [
        "purposes.attribution"
    ]


def test_another_operator_is_another_recipient_but_another_telephone_is_not() -> None:
    named = changed("languages/en/operator/name", "Somebody else")
    assert purposes_changed(old=sample(), new=named) == ALL
    told = changed("languages/en/operator/contact", "new@example")
    assert purposes_changed(old=sample(), new=told) == []


def test_a_recipient_who_goes_or_moves_is_editorial() -> None:
    with_party = changed(f"{PURPOSE}/recipients", [PARTY])
    assert purposes_changed(old=with_party, new=sample()) == []
    moved = changed(f"{PURPOSE}/recipients", [{**PARTY, "contact": "b@example"}])
    assert purposes_changed(old=with_party, new=moved) == []
    more = changed(f"{PURPOSE}/recipients", [{**PARTY, "categories": "c, d"}])
    assert purposes_changed(old=with_party, new=more) == CONTACT


@pytest.mark.parametrize(
    ("one", "two"), [("1.5 m", "15 m"), ("score > 5", "score < 5"), ("5", "5%")]
)
def test_a_mark_that_says_something_is_no_punctuation(one: str, two: str) -> None:
    assert changes._plain(one) != changes._plain(two)
    assert changes._plain(f"{one}, A.") == changes._plain(f"{one} a")
