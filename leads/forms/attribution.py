"""Forms of a person's ruling, and of a visitor's answer about who announced them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from audit.say import Say
from consent.forms import StrictForm
from leads.models import Answer, Channel
from leads.rulings import CHANNEL, GROUNDS, WALK_IN

ASK_BELONGS = Say("请选判给谁。", "Choose whom it is for.")
ASK_GROUND = Say("请选理由。", "Choose the reason.")
GROUND_UNFIT = Say(
    "这个理由与所选的结论不合。", "This reason does not lead to what you chose."
)
ASK_SAID = Say("请选一个回答。", "Please choose an answer.")
ASK_WHO = Say("请选是哪一家。", "Please choose which one.")
NOT_BOTH = Say("选了哪一家，回答就要选“有”。", "Naming one goes with the answer “yes”.")


class RulingForm(StrictForm):
    """Whom a visit is for, and by which reason of the list; no words of one's own."""

    nobody = "-"
    """What stands for a walk-in; no channel has such a code."""

    def __init__(
        self, data: QueryDict | None = None, *, language: str, channels: list[Channel]
    ) -> None:
        """Know the channels that are concerned."""
        self.channels = {one.code: one for one in channels}
        super().__init__(data, language=language)

    def build(self) -> None:
        """Add the two choices."""
        asked = {
            "belongs": ([self.nobody, *self.channels], self.text(ASK_BELONGS)),
            "reason": (list(GROUNDS), self.text(ASK_GROUND)),
        }
        for name, (choices, told) in asked.items():
            self.fields[name] = forms.ChoiceField(
                choices=[(one, "") for one in choices],
                error_messages={"required": told, "invalid_choice": told},
            )

    def clean(self) -> dict[str, Any]:
        """Find the channel, None for a walk-in, and see that the reason fits."""
        told = self.cleaned_data
        if {"belongs", "reason"} <= told.keys():
            channel = told["belongs"] = self.channels.get(told["belongs"])
            if (CHANNEL if channel else WALK_IN) not in GROUNDS[
                told["reason"]
            ].outcomes:
                self.add_error("reason", self.text(GROUND_UNFIT))
        return told


class AnswerForm(StrictForm):
    """Whether an agent announced the visitor, and which channels they name."""

    many = ("channels",)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        language: str,
        channels: list[Channel],
        unsaid: bool,
    ) -> None:
        """Know all channels of the site, and whether to decline is still offered."""
        self.channels = {one.code: one for one in channels}
        self.offered = [
            one for one in Answer.Said.values if unsaid or one != Answer.Said.UNSAID
        ]
        super().__init__(data, language=language)

    def build(self) -> None:
        """Add the answer and the list of all channels."""
        told = self.text(ASK_SAID)
        self.fields["said"] = forms.ChoiceField(
            choices=[(one, "") for one in self.offered],
            error_messages={"required": told, "invalid_choice": told},
        )
        self.fields["channels"] = forms.MultipleChoiceField(
            required=False,
            choices=[(one, "") for one in self.channels],
            error_messages={"invalid_choice": self.text(ASK_WHO)},
        )

    def clean(self) -> dict[str, Any]:
        """Find the channels; they go with a yes, and a yes with one at least."""
        told = self.cleaned_data
        if {"said", "channels"} <= told.keys():
            named = told["channels"]
            told["channels"] = [self.channels[one] for one in named]
            yes = told["said"] == Answer.Said.CONFIRMED
            if yes and not named:
                self.add_error("channels", self.text(ASK_WHO))
            elif named and not yes:
                self.add_error("said", self.text(NOT_BOTH))
        return told
