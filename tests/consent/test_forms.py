"""A form takes its own fields, each once, and nothing else."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from consent.errors import FieldsUnknown
from consent.forms import ChoiceForm, EmptyForm, FaceForm, LinkForm
from consent.purposes import SWITCHES, Purpose

OFFERED = list(SWITCHES)


def choice(sent: str, offered: list[Purpose] | None = None) -> ChoiceForm:
    sent = f"language=zh-hans&{sent}"
    return ChoiceForm(QueryDict(sent), language="en", offered=offered or OFFERED)


def test_what_is_not_switched_on_is_a_no() -> None:
    form = choice("contact=on&age=adult")
    assert form.is_valid()
    assert form.choices == {
        Purpose.CONTACT: True,
        Purpose.ATTRIBUTION: False,
        Purpose.MARKETING_SMS: False,
        Purpose.MARKETING_CALL: False,
    }
    assert not form.under_14


@pytest.mark.parametrize(
    "sent",
    [
        "age=adult&face_checkin=on",
        "age=adult&face.checkin=on",
        "age=adult&contact=on&contact=on",
        "age=adult&age=under_14",
        "age=adult&name=x",
    ],
)
def test_a_field_too_many_is_refused(sent: str) -> None:
    with pytest.raises(FieldsUnknown):
        choice(sent)


def test_a_purpose_that_is_not_offered_has_no_switch() -> None:
    with pytest.raises(FieldsUnknown):
        choice("age=adult&attribution=on", offered=[Purpose.CONTACT])


@pytest.mark.parametrize("value", ["true", "1", "yes", "off"])
def test_a_switch_is_on_or_absent(value: str) -> None:
    assert not choice(f"age=adult&contact={value}").is_valid()


@pytest.mark.parametrize("sent", ["", "age=", "age=13"])
def test_the_age_is_asked_for_in_the_readers_language(sent: str) -> None:
    form = choice(sent)
    assert form.errors["age"] == ["Please choose your age."]


@pytest.mark.parametrize("sent", ["", "answer=yes", "answer=on"])
def test_the_face_page_takes_its_two_answers_only(sent: str) -> None:
    assert not FaceForm(QueryDict(sent), language="zh-hans").is_valid()


def test_a_button_takes_nothing() -> None:
    assert EmptyForm(QueryDict("csrfmiddlewaretoken=x"), language="en").is_valid()
    with pytest.raises(FieldsUnknown):
        EmptyForm(QueryDict("force=1"), language="en")


def test_a_link_or_a_pass_is_needed() -> None:
    assert not LinkForm(QueryDict(""), language="en").is_valid()
    assert LinkForm(QueryDict("token=x"), language="en").is_valid()


@pytest.mark.parametrize("sent", ["", "language=", "language=fr", "language=EN"])
def test_the_language_of_the_page_is_one_of_two(sent: str) -> None:
    face = FaceForm(QueryDict(f"answer=plain&{sent}"), language="en")
    assert "language" in face.errors
    form = ChoiceForm(QueryDict(f"age=adult&{sent}"), language="en", offered=OFFERED)
    assert "language" in form.errors
