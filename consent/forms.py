"""Forms of consent. A form refuses a field that it does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from audit.say import CHINESE, ENGLISH, Say
from consent.errors import FieldsUnknown
from consent.models.requests import OUTCOMES
from consent.models.requests import REASONS as REFUSALS
from consent.models.stops import REASONS, SCOPES
from consent.purposes import Purpose

CSRF_FIELD = "csrfmiddlewaretoken"
ASK_AGE = Say("请选一下您的年龄。", "Please choose your age.")
ASK_CHOICE = Say("请在两个里选一个。", "Please choose one of the two.")
ASK_RELATION = Say(
    "请选一下您是孩子的什么人。", "Please say how you are related to the child."
)
UNREADABLE = Say("这一项看不懂，请重新选。", "This one cannot be read. Choose again.")
ASK_KIND = Say("请选一下您要什么。", "Please choose what you want.")
ASK_WORDS = Say("请写一两句，我们才知道怎么办。", "Please add a sentence or two.")
ASK_OUTCOME = Say("请选办理结果。", "Choose what came of it.")
ASK_REASON = Say(
    "不照办或只办一部分，必须说明理由。", "What is not done in full needs a reason."
)
NO_REASON = Say("照办了，就不用选理由。", "What was done needs no reason.")
ASK_LONG_CODE = Say("请输入 12 位查询码。", "Please enter the 12 characters.")
WORDS_MAX = 2_000
WORDS_LONG = Say("最多 2000 字。", "At most 2,000 characters.")
SPEAKS_FOR_ITSELF = frozenset({"access", "copy", "delete", "restrict"})
"""Kinds of requests that need no further words."""

ASK_CODE = Say("请输入 8 位编码。", "Please enter the 8 characters.")
ASK_LINK = Say(
    "请输入 12 位编码或 8 位通行码。", "Please enter 12 characters, or the pass’s 8."
)


class StrictForm(forms.Form):
    """A form whose every posted field is one of its own, given once.

    Texts of errors are in the reader's language, which the view hands over.

    Attributes:
        many: names of fields that are lists, which may be given more than once.
    """

    many: tuple[str, ...] = ()

    def __init__(self, data: QueryDict | None = None, *, language: str) -> None:
        """Read what was posted.

        Raises:
            FieldsUnknown: a field that the form does not have, or has twice.
        """
        self.language = language
        super().__init__(data)
        self.build()
        if data is None:
            return
        names = set(data) - {CSRF_FIELD}
        once = names - set(self.many)
        if names - set(self.fields) or any(len(data.getlist(one)) > 1 for one in once):
            raise FieldsUnknown

    def build(self) -> None:
        """Add the fields that depend on more than the class."""

    def text(self, words: Say) -> str:
        """Return words in the reader's language."""
        return words.text(self.language)

    def wrong(self, words: Say) -> forms.ValidationError:
        """Return the error of a field, in the reader's language."""
        return forms.ValidationError(self.text(words))


class EmptyForm(StrictForm):
    """A button and nothing else."""


class Switch(forms.BooleanField):
    """A switch that is off unless it was turned on; no other value is one."""

    def __init__(self, *, unreadable: str) -> None:
        """Take the words for a value that is none of a switch."""
        super().__init__(required=False, widget=forms.TextInput())
        self.unreadable = unreadable

    def to_python(self, value: Any) -> bool:
        """Read `on` or nothing.

        Raises:
            ValidationError: anything else.
        """
        if value not in (None, "", "on"):
            raise forms.ValidationError(self.unreadable)
        return bool(value == "on")


def shown_in() -> forms.ChoiceField:
    """Return the field that carries the language of the page that was answered.

    The reader may have switched languages elsewhere since; what they read counts.
    """
    return forms.ChoiceField(choices=[(CHINESE, ""), (ENGLISH, "")])


class ChoiceForm(StrictForm):
    """One switch per purpose that is asked for, all off, and the declared age."""

    age = forms.ChoiceField(choices=[("adult", ""), ("under_14", "")])

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        language: str,
        offered: Sequence[Purpose],
    ) -> None:
        """Offer the switches of these purposes, and take no other."""
        self.offered = list(offered)
        super().__init__(data, language=language)

    def build(self) -> None:
        """Add the language, and a switch for each purpose."""
        self.fields["language"] = shown_in()
        for purpose in self.offered:
            self.fields[field_name(purpose)] = Switch(unreadable=self.text(UNREADABLE))
        ask = self.text(ASK_AGE)
        self.fields["age"].error_messages = {"required": ask, "invalid_choice": ask}

    @property
    def choices(self) -> dict[Purpose, bool]:
        """Return the answer to each switch, for the service."""
        return {
            purpose: bool(self.cleaned_data[field_name(purpose)])
            for purpose in self.offered
        }

    @property
    def under_14(self) -> bool:
        """Tell whether the person declared to be under 14."""
        return bool(self.cleaned_data["age"] == "under_14")


class ReconsiderForm(StrictForm):
    """The one purpose that a visitor wishes to be asked for after all."""

    purpose = forms.ChoiceField(choices=[(one.value, "") for one in Purpose])

    def build(self) -> None:
        """Add the language of the page that was shown."""
        self.fields["language"] = shown_in()


class GuardianForm(StrictForm):
    """The guardian's page: a yes with how they are related, or a no."""

    answer = forms.ChoiceField(choices=[("yes", ""), ("no", "")])
    relation = forms.ChoiceField(
        choices=[("parent", ""), ("guardian", "")], required=False
    )

    def build(self) -> None:
        """Add the language, and say what is missing in the reader's."""
        self.fields["language"] = shown_in()
        ask = self.text(ASK_CHOICE)
        for name in ("answer", "relation"):
            self.fields[name].error_messages = {
                "required": ask,
                "invalid_choice": ask,
            }

    def clean(self) -> dict[str, Any]:
        """Ask how they are related where they say yes."""
        given = super().clean() or {}
        if given.get("answer") == "yes" and not given.get("relation"):
            self.add_error("relation", self.text(ASK_RELATION))
        return given


class FaceForm(StrictForm):
    """The face page's one act: `face` or `plain`, each its own button."""

    answer = forms.ChoiceField(choices=[("face", ""), ("plain", "")])

    def build(self) -> None:
        """Add the language, and say what is missing in the reader's."""
        self.fields["language"] = shown_in()
        ask = self.text(ASK_CHOICE)
        self.fields["answer"].error_messages = {
            "required": ask,
            "invalid_choice": ask,
        }


class AskForm(StrictForm):
    """What somebody asks for, about which purpose, and in their own words."""

    purpose = forms.ChoiceField(
        required=False, choices=[(one.value, "") for one in Purpose]
    )

    def __init__(
        self, data: QueryDict | None = None, *, language: str, kinds: Sequence[str]
    ) -> None:
        """Offer some kinds of requests."""
        self.kinds = kinds
        super().__init__(data, language=language)

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        ask = self.text(ASK_KIND)
        self.fields["kind"] = forms.ChoiceField(
            choices=[(one, "") for one in self.kinds],
            error_messages={"required": ask, "invalid_choice": ask},
        )
        self.fields["words"] = forms.CharField(
            required=False,
            max_length=WORDS_MAX,
            error_messages={"max_length": self.text(WORDS_LONG)},
        )

    def clean(self) -> dict[str, Any]:
        """Ask for words where the kind alone says too little."""
        given = super().clean() or {}
        needed = given.get("kind") and given["kind"] not in SPEAKS_FOR_ITSELF
        if needed and "words" in given and not given["words"]:
            self.add_error("words", self.text(ASK_WORDS))
        return given


class RequestCodeForm(StrictForm):
    """The 12 characters under which an answer is read."""

    code = forms.CharField(max_length=24)

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        ask = self.text(ASK_LONG_CODE)
        self.fields["code"].error_messages = {"required": ask, "max_length": ask}


class AnswerForm(StrictForm):
    """An officer's answer: outcome, reason unless it was granted, and words."""

    outcome = forms.ChoiceField(choices=[(one, "") for one in OUTCOMES])
    reason = forms.ChoiceField(required=False, choices=[(one, "") for one in REFUSALS])
    words = forms.CharField(required=False, max_length=WORDS_MAX)

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        ask = self.text(ASK_OUTCOME)
        self.fields["outcome"].error_messages = {
            "required": ask,
            "invalid_choice": ask,
        }
        self.fields["words"].error_messages = {"max_length": self.text(WORDS_LONG)}

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where there must be one, and for none where not."""
        given = super().clean() or {}
        outcome = given.get("outcome")
        if outcome in {"partly", "refused"} and not given.get("reason"):
            self.add_error("reason", self.text(ASK_REASON))
        if outcome == "granted" and given.get("reason"):
            self.add_error("reason", self.text(NO_REASON))
        return given


class LinkForm(StrictForm):
    """The token of a link to one's own page, its 12 characters, or the pass's 8."""

    token = forms.CharField(required=False, max_length=64)
    code = forms.CharField(required=False, max_length=24)

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        given = super().clean() or {}
        if not given.get("token") and not given.get("code"):
            self.add_error("code", self.text(ASK_LINK))
        return given


def field_name(purpose: str) -> str:
    """Return the name of a purpose's switch: `marketing.sms` → `marketing_sms`."""
    return purpose.replace(".", "_")


class StopForm(StrictForm):
    """A press of the stop switch: where, what, and why."""

    site = forms.SlugField(max_length=32)
    scope = forms.ChoiceField(choices=[(one, one) for one in SCOPES])
    reason = forms.ChoiceField(choices=[(one, one) for one in REASONS])


class ReleaseForm(StrictForm):
    """A confirmed release of the stop switch."""

    confirmed = forms.BooleanField()


class FilingForm(StrictForm):
    """The day of a filing, and the number under which it was received."""

    on = forms.DateField()
    receipt = forms.CharField(max_length=60)


class CloseForm(StrictForm):
    """A step of closing a site, confirmed by typing its code."""

    site = forms.SlugField(max_length=32)
    typed = forms.CharField(max_length=40)
