"""Forms of a visit, of the kiosk and of the desk."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from audit.say import Say
from consent.forms import ASK_CODE, StrictForm
from consent.models import Site
from consent.purposes import Purpose
from consent.rules import MATCHING
from leads.contacts import Details
from leads.errors import ReferralUnknown
from leads.models import Agent
from leads.phones import PhoneInvalid, masked_parse, normalise
from leads.referrals import referral_find
from leads.visits import BY_HAND

NAME_MAX = 40
ASK_NAME = Say("请写一下怎么称呼您。", "Please tell us your name.")
NAME_LONG = Say("称呼最多 40 个字。", "A name has at most 40 characters.")
NOT_A_PHONE = Say(
    "这不像一个手机号，请核对一下。", "This is not a phone number. Please check it."
)
NO_REFERRAL = Say(
    "没有这个报备码。核对一下，或者空着。",
    "There is no such referral code. Check it, or leave it empty.",
)
NOT_FOUR = Say("请输入四位数字。", "Please enter four digits.")
NO_AGENT = Say("请选渠道和经纪人。", "Please choose channel and agent.")
ASK_SURNAME = Say("打码的号码要配上姓氏。", "A masked number needs the surname.")
NOT_A_TIME = Say("这个时间看不懂。", "This time cannot be read.")
NOT_A_PURPOSE = Say("没有这一项。", "There is no such purpose.")
TOO_LONG = Say("太长了。", "This is too long.")
_FOUR = re.compile(r"[0-9]{4}")


class DetailsForm(StrictForm):
    """Name and phone under a live `contact` consent; a referral's code if any."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        language: str,
        site: Site,
        contact: bool,
        referral: bool,
    ) -> None:
        """Ask for name and phone, and for a code, only where that may be asked."""
        self.site = site
        self.contact = contact
        self.referral = referral
        super().__init__(data, language=language)

    def build(self) -> None:
        """Add what may be asked."""
        long = self.text(TOO_LONG)
        if self.contact:
            self.fields["name"] = forms.CharField(
                max_length=NAME_MAX,
                error_messages={
                    "required": self.text(ASK_NAME),
                    "max_length": self.text(NAME_LONG),
                },
            )
            self.fields["phone"] = forms.CharField(
                max_length=NAME_MAX,
                error_messages={
                    "required": self.text(NOT_A_PHONE),
                    "max_length": self.text(NOT_A_PHONE),
                },
            )
        if self.referral:
            self.fields["referral_code"] = forms.CharField(
                required=False, max_length=16, error_messages={"max_length": long}
            )

    def clean_phone(self) -> str:
        """Read the number.

        Raises:
            ValidationError: it is none.
        """
        try:
            return normalise(self.cleaned_data["phone"])
        except PhoneInvalid:
            raise self.wrong(NOT_A_PHONE) from None

    def clean_referral_code(self) -> str:
        """Find the referral.

        Raises:
            ValidationError: there is none.
        """
        code = str(self.cleaned_data["referral_code"]).strip()
        if code:
            try:
                referral_find(code=code, site=self.site)
            except ReferralUnknown:
                raise self.wrong(NO_REFERRAL) from None
        return code

    @property
    def details(self) -> Details | None:
        """Return name and phone, or None where they were not asked."""
        if not self.contact:
            return None
        return Details.of(
            name=self.cleaned_data["name"], phone=self.cleaned_data["phone"]
        )


class ContactForm(StrictForm):
    """A corrected name and number."""

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        for name, required, long in (
            ("name", ASK_NAME, NAME_LONG),
            ("phone", NOT_A_PHONE, NOT_A_PHONE),
        ):
            self.fields[name] = forms.CharField(
                max_length=NAME_MAX,
                error_messages={
                    "required": self.text(required),
                    "max_length": self.text(long),
                },
            )

    def clean_phone(self) -> str:
        """Read the number.

        Raises:
            ValidationError: it is none.
        """
        try:
            return normalise(self.cleaned_data["phone"])
        except PhoneInvalid:
            raise self.wrong(NOT_A_PHONE) from None

    @property
    def details(self) -> Details:
        """Return name and phone."""
        return Details.of(
            name=self.cleaned_data["name"], phone=self.cleaned_data["phone"]
        )


class CodeForm(StrictForm):
    """The 8 characters of a pass, and whether a face is to be compared with it."""

    code = forms.CharField(max_length=16)
    way = forms.ChoiceField(choices=[("face", "face")], required=False)

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        ask = self.text(ASK_CODE)
        self.fields["code"].error_messages = {"required": ask, "max_length": ask}


class PhoneForm(StrictForm):
    """A whole phone number."""

    phone = forms.CharField(max_length=40)

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        ask = self.text(NOT_A_PHONE)
        self.fields["phone"].error_messages = {"required": ask, "max_length": ask}

    def clean_phone(self) -> str:
        """Read the number.

        Raises:
            ValidationError: it is none.
        """
        try:
            return normalise(self.cleaned_data["phone"])
        except PhoneInvalid:
            raise self.wrong(NOT_A_PHONE) from None


class DigitsForm(StrictForm):
    """The last four digits of a number."""

    digits = forms.CharField(max_length=8)

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        ask = self.text(NOT_FOUR)
        self.fields["digits"].error_messages = {"required": ask, "max_length": ask}

    def clean_digits(self) -> str:
        """Read four digits.

        Raises:
            ValidationError: they are not.
        """
        digits = str(self.cleaned_data["digits"])
        if not _FOUR.fullmatch(digits):
            raise self.wrong(NOT_FOUR)
        return digits


class CompareForm(StrictForm):
    """The one tap that consents to one comparison: the rules and the width shown."""

    rules = forms.CharField(max_length=64)
    matching = forms.ChoiceField(choices=[(one, "") for one in MATCHING])
    answer = forms.ChoiceField(choices=[("compare", "")])


class PairForm(StrictForm):
    """The pairing code of a kiosk."""

    token = forms.CharField(max_length=128)


class GuestForm(StrictForm):
    """Which guest starts the camera; empty for the one at this screen."""

    id = forms.UUIDField(required=False)


class StateForm(StrictForm):
    """Which code the kiosk shows now."""

    have = forms.CharField(required=False, max_length=64)


class PurposeForm(StrictForm):
    """One purpose to stop."""

    purpose = forms.ChoiceField(choices=[(one.value, "") for one in Purpose])

    def build(self) -> None:
        """Say what is wrong in the reader's language."""
        wrong = self.text(NOT_A_PURPOSE)
        self.fields["purpose"].error_messages = {
            "required": wrong,
            "invalid_choice": wrong,
        }


class AgainForm(PurposeForm):
    """A question that is asked again: opened without an answer, or answered."""

    answer = forms.ChoiceField(
        required=False, choices=[("", ""), ("yes", ""), ("no", "")]
    )
    rules = forms.CharField(required=False, max_length=64)


class DeskForm(StrictForm):
    """A pass code, a phone number, or nothing; and why it is done by hand.

    `nonce` makes a double click one visit.
    """

    key = forms.CharField(required=False, max_length=40)
    nonce = forms.CharField(required=False, max_length=32)
    reason = forms.ChoiceField(required=False, choices=[(one, "") for one in BY_HAND])


class RevealForm(StrictForm):
    """Why a member of staff reads a name and number."""

    reason = forms.ChoiceField(
        choices=[("arrival", ""), ("call_back", ""), ("correction", "")]
    )


class ReferralForm(StrictForm):
    """What a channel tells of the person it announces."""

    agent = forms.CharField(required=False, max_length=40)
    surname = forms.CharField(required=False, max_length=16)
    phone = forms.CharField(required=False, max_length=40)
    planned_at = forms.CharField(required=False, max_length=32)
    consent_proof = forms.BooleanField(required=False)

    def __init__(
        self, data: QueryDict | None = None, *, language: str, site: Site
    ) -> None:
        """Know the site whose agents there are."""
        self.site = site
        super().__init__(data, language=language)

    def clean_agent(self) -> Agent:
        """Find the agent.

        Raises:
            ValidationError: none of this site.
        """
        try:
            name = uuid.UUID(str(self.cleaned_data["agent"]))
        except ValueError:
            raise self.wrong(NO_AGENT) from None
        found = (
            Agent.objects.select_related("channel__site__operator")
            .filter(id=name, channel__site=self.site)
            .first()
        )
        if found is None:
            raise self.wrong(NO_AGENT)
        return found

    def clean_phone(self) -> str:
        """Check that it is a number or a masked one.

        Raises:
            ValidationError: it is neither.
        """
        phone = str(self.cleaned_data["phone"])
        self.masked = False
        try:
            normalise(phone)
        except PhoneInvalid:
            try:
                masked_parse(phone)
            except PhoneInvalid:
                raise self.wrong(NOT_A_PHONE) from None
            self.masked = True
        return phone

    def clean_planned_at(self) -> datetime | None:
        """Read the site's local time.

        Raises:
            ValidationError: it is none.
        """
        told = str(self.cleaned_data["planned_at"])
        if not told:
            return None
        try:
            local = datetime.fromisoformat(told)
        except ValueError:
            raise self.wrong(NOT_A_TIME) from None
        if local.tzinfo is None:
            local = local.replace(tzinfo=ZoneInfo(self.site.timezone))
        return local

    def clean(self) -> dict[str, Any]:
        """Ask for the surname where the number is masked."""
        given = super().clean() or {}
        if getattr(self, "masked", False) and not str(given.get("surname", "")).strip():
            self.add_error("surname", self.text(ASK_SURNAME))
        return given
