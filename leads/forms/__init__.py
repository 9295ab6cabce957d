"""Forms of a visit, of the kiosk, of the desk, and of attribution."""

from __future__ import annotations

from leads.forms.attribution import AnswerForm, RulingForm
from leads.forms.visits import (
    AgainForm,
    CodeForm,
    CompareForm,
    ContactForm,
    DeskForm,
    DetailsForm,
    DigitsForm,
    GuestForm,
    PairForm,
    PhoneForm,
    PurposeForm,
    ReferralForm,
    RevealForm,
    StateForm,
)

__all__ = [
    "AgainForm",
    "AnswerForm",
    "CodeForm",
    "CompareForm",
    "ContactForm",
    "DeskForm",
    "DetailsForm",
    "DigitsForm",
    "GuestForm",
    "PairForm",
    "PhoneForm",
    "PurposeForm",
    "ReferralForm",
    "RevealForm",
    "RulingForm",
    "StateForm",
]
