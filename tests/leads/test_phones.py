from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import phones

KEY = bytes(range(32))
SITE = UUID("01890000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234 5678", "+8613812345678"),
        ("138-1234-5678", "+8613812345678"),
        (" +86 138 1234 5678 ", "+8613812345678"),
        ("0086 13812345678", "+8613812345678"),
        ("８６ １３８１２３４５６７８", "+8613812345678"),
        ("１３８　１２３４　５６７８", "+8613812345678"),
        ("＋86（138）12345678", "+8613812345678"),
        ("010-65529988", "+861065529988"),
        ("(0571) 8765 4321", "+8657187654321"),
        ("+852 9123 4567", "+85291234567"),
        ("+886 912 345 678", "+886912345678"),
        ("+1 212-555-2368", "+12125552368"),
    ],
)
def test_a_number_as_people_write_it_becomes_e164(typed: str, normal: str) -> None:
    assert phones.normalise(typed) == normal
    assert phones.normalise(normal) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "abc",
        "12345",
        "138123456789",
        "1381234567",
        "00000000000",
        "138abcd5678",
        "13812345678 ext 5",
        "13812345678;ext=5",
        "tel:+8613812345678",
        "138****5678",
        "+999 12345678",
        "91234567",
        "13812345678" * 20,
        "١٣٨١٢٣٤٥٦٧٨x",
    ],
)
def test_what_is_no_number_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(phones.PhoneInvalid) as refused:
        phones.normalise(typed)
    assert str(refused.value) == "not a phone number"
    assert refused.value.code == "phone_invalid"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_the_region_says_where_a_number_without_plus_belongs() -> None:
    assert phones.normalise("91234567", "HK") == "+85291234567"
    assert phones.normalise("0912345678", "TW") == "+886912345678"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=50))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        normal = phones.normalise(text)
    except phones.PhoneInvalid:
        return
    assert normal.startswith("+")
    assert normal[1:].isascii()
    assert normal[1:].isdigit()
    assert phones.normalise(normal) == normal


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789*xX+ -", max_size=24))
def test_any_mask_is_read_or_refused(text: str) -> None:
    try:
        mask = phones.masked_parse(text)
    except phones.PhoneInvalid:
        return
    assert 0 <= mask.visible < len(mask.digits)


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+8613812345678", "138****5678"),
        ("+861065529988", "10****9988"),
        ("+886912345678", "9****5678"),
        ("+85291234567", "****4567"),
    ],
)
def test_a_mask_hides_at_least_four_digits(e164: str, shown: str) -> None:
    assert phones.masked(e164) == shown
    assert phones.last_four(e164) == shown[-4:]


@pytest.mark.parametrize(
    ("pattern", "least", "fits"),
    [
        ("138****5678", 7, True),
        ("１３８＊＊＊＊５６７８", 7, True),
        ("138xxxx5678", 7, True),
        ("138 **** 5678", 7, True),
        ("+86 138****5678", 7, True),
        ("0086138****5678", 7, True),
        ("138****5678", 8, False),
        ("13*****5678", 7, False),
        ("13*****5678", 6, True),
        ("138****5679", 7, False),
        ("139****5678", 7, False),
        ("138*****5678", 7, False),
        ("138***5678", 7, False),
        ("+852 138****5678", 7, False),
    ],
)
def test_a_mask_fits_when_every_visible_digit_agrees(
    pattern: str, least: int, fits: bool
) -> None:
    assert phones.masked_fits("+8613812345678", pattern, least) is fits


def test_a_landline_mask_may_carry_the_trunk_zero() -> None:
    assert phones.masked_fits("+861065529988", "010****9988", 6)
    assert not phones.masked_fits("+861065529988", "010****9988", 7)


def test_a_mask_of_another_country_needs_its_code() -> None:
    assert phones.masked_fits("+85291234567", "+852 912*4567", 7)
    assert phones.masked_fits("+85291234567", "912*4567", 7, "HK")
    assert not phones.masked_fits("+85291234567", "912*4567", 7)


@pytest.mark.parametrize(
    "pattern", ["", "13812345678", "138-abcd-5678", "***", "+***123", "1" + "*" * 39]
)
def test_what_is_no_mask_is_refused(pattern: str) -> None:
    with pytest.raises(phones.PhoneInvalid):
        phones.masked_parse(pattern)


def test_hashes_are_keyed_and_kept_apart() -> None:
    number = phones.number_hash(KEY, "+8613812345678")
    assert len(number) == 32
    assert number == phones.number_hash(KEY, "+8613812345678")
    assert number != phones.number_hash(bytes(32), "+8613812345678")
    ending = phones.last_four_hash(KEY, SITE, "5678")
    assert ending == phones.last_four_hash(KEY, str(SITE), "５６７８")
    assert ending != phones.last_four_hash(KEY, "another", "5678")
    assert phones.surname_hash(KEY, " Wang ") == phones.surname_hash(KEY, "ＷＡＮＧ")
    assert phones.surname_hash(KEY, "5678") != phones.number_hash(KEY, "5678")


def test_a_site_and_digits_cannot_be_shifted_into_each_other() -> None:
    one = phones._keyed(KEY, b"last-four", "a", "bc")
    assert one != phones._keyed(KEY, b"last-four", "ab", "c")


@pytest.mark.parametrize("digits", ["", "567", "56789", "56a8", "五六七八"])
def test_an_ending_is_four_digits(digits: str) -> None:
    with pytest.raises(phones.PhoneInvalid):
        phones.last_four_hash(KEY, SITE, digits)


def test_a_short_key_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        phones.number_hash(b"short", "+8613812345678")
