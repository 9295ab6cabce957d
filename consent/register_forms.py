"""Forms of the registers: devices, and other parties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from audit import clock
from audit.catalogue.checks import token
from audit.readers import ZONE
from audit.say import Say
from consent.credit import credit_code_fits
from consent.errors import FieldsUnknown
from consent.evidence import CATEGORIES
from consent.forms import StrictForm
from consent.models import Kiosk
from consent.purposes import FACE, Purpose

DEVICE_KINDS = {
    "browser": Say("登记屏自带的浏览器摄像头", "the kiosk browser's own camera"),
    "local": Say("接在本机上的摄像头", "a camera plugged into this machine"),
}
DEVICE_PLACES = {
    "entrance": Say("入口", "entrance"),
    "reception": Say("前台", "reception"),
    "lounge": Say("休息区", "lounge"),
    "gallery": Say("展厅", "gallery"),
    "model": Say("沙盘区", "scale model"),
}
PARTY_ROLES = {
    "recipient": Say("收取方（独立处理）", "recipient, on its own account"),
    "processor": Say("受托处理方", "processor, on our behalf"),
    "joint": Say("共同处理方", "jointly responsible"),
}
PARTY_CATEGORIES = CATEGORIES
ASK_WORDS = Say("请填一下。", "Please fill this in.")
ASK_CREDIT = Say(
    "这不是有效的统一社会信用代码，请核对 18 位。",
    "This is no valid credit code; please check its 18 characters.",
)
ASK_AFTER = Say("终止的一天要在开始以后。", "The last day comes after the first.")
ASK_CODE = Say(
    "请写一个编号：小写字母开头，可以有数字、点和横线。",
    "Please give a code: a small letter, then letters, digits, dots or dashes.",
)
ASK_FILE = Say("请选一个文件。", "Please choose a file.")
ASK_ONE = Say("请选一项。", "Please choose one.")
ASK_DAY = Say("请写成 2026-12-31 这样。", "Please write it like 2026-12-31.")
ASK_LATER = Say("这一天已经过去了。", "That day is over.")


class RegisterForm(StrictForm):
    """A strict form that may carry files, each one of its own, given once."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        files: MultiValueDict[str, UploadedFile] | None = None,
        language: str,
    ) -> None:
        """Read what was posted.

        Raises:
            FieldsUnknown: a field or a file that the form does not have, or twice.
        """
        super().__init__(data, language=language)
        if files is None:
            return
        self.files = files
        own = {name for name, one in self.fields.items() if _takes_file(one)}
        if set(files) - own or any(len(files.getlist(one)) > 1 for one in files):
            raise FieldsUnknown

    def build(self) -> None:
        """Say what is missing in the reader's language."""
        for field in self.fields.values():
            ask = ASK_FILE if _takes_file(field) else ASK_ONE
            field.error_messages |= {
                "required": self.text(ask),
                "invalid_choice": self.text(ask),
                "empty": self.text(ask),
                "invalid": self.text(ask),
            }

    def clean_code(self) -> str:
        """Take a code that the log can carry."""
        code = str(self.cleaned_data["code"]).strip()
        if not token(code) or len(code) > 32:
            raise self.wrong(ASK_CODE)
        return code

    def clean_until(self) -> datetime | None:
        """Take a day, which is included, or none."""
        return self.day("until", days=1, future=True)

    def day(self, name: str, *, days: int = 0, future: bool = False) -> datetime | None:
        """Return the moment at which a typed day begins, some days later.

        Raises:
            ValidationError: it is none, or it is over though it must not be.
        """
        typed = str(self.cleaned_data[name]).strip()
        if not typed:
            return None
        try:
            moment = datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=ZONE)
        except ValueError:
            raise self.wrong(ASK_DAY) from None
        moment += timedelta(days=days)
        if future and moment <= clock.now():
            raise self.wrong(ASK_LATER)
        return moment


class DeviceForm(RegisterForm):
    """A camera: where it stands, what it sees, and the sign beside it."""

    code = forms.CharField(max_length=40)
    kiosk = forms.ChoiceField()
    kind = forms.ChoiceField(choices=[(name, "") for name in DEVICE_KINDS])
    place = forms.ChoiceField(choices=[(name, "") for name in DEVICE_PLACES])
    until = forms.CharField(required=False, max_length=10)
    zone = forms.FileField()
    sign = forms.FileField()

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        files: MultiValueDict[str, UploadedFile] | None = None,
        language: str,
        kiosks: Sequence[Kiosk],
    ) -> None:
        """Offer the kiosks that are in service."""
        self.kiosks = {one.code: one for one in kiosks}
        super().__init__(data, files=files, language=language)

    def build(self) -> None:
        """Add the kiosks."""
        field: Any = self.fields["kiosk"]
        field.choices = [(code, "") for code in self.kiosks]
        super().build()

    def clean_kiosk(self) -> Kiosk:
        """Return the kiosk that was chosen."""
        return self.kiosks[self.cleaned_data["kiosk"]]


class PartyForm(RegisterForm):
    """Another party: who it is, what it may do, and until when."""

    code = forms.CharField(max_length=40)
    role = forms.ChoiceField(choices=[(name, "") for name in PARTY_ROLES])
    name_zh = forms.CharField(max_length=120)
    name_en = forms.CharField(max_length=120)
    credit_code = forms.CharField(max_length=24)
    contact = forms.CharField(max_length=200)
    contract_number = forms.CharField(max_length=60)
    contract = forms.FileField()
    scope_zh = forms.CharField(max_length=400)
    scope_en = forms.CharField(max_length=400)
    purposes = forms.MultipleChoiceField(
        choices=[(one, "") for one in Purpose if one not in FACE]
    )
    categories = forms.MultipleChoiceField(
        required=False, choices=[(one, "") for one in PARTY_CATEGORIES]
    )
    sub_entrusting = forms.CharField(required=False, max_length=2)
    since = forms.CharField(max_length=10)
    until = forms.CharField(max_length=10)

    many = ("purposes", "categories")

    def build(self) -> None:
        """Ask for words where words are missing."""
        super().build()
        for name, field in self.fields.items():
            if type(field) is forms.CharField:
                ask = ASK_DAY if name in {"since", "until"} else ASK_WORDS
                field.error_messages["required"] = self.text(ask)

    def clean_credit_code(self) -> str:
        """Take a code whose check digit fits."""
        code = str(self.cleaned_data["credit_code"]).replace(" ", "").upper()
        if not credit_code_fits(code):
            raise self.wrong(ASK_CREDIT)
        return code

    def clean_since(self) -> datetime:
        """Take the day on which it begins."""
        return self.day("since") or clock.now()

    def clean_sub_entrusting(self) -> bool:
        """Read a switch."""
        return bool(self.cleaned_data["sub_entrusting"] == "on")

    def clean(self) -> dict[str, Any]:
        """Let the contract end after it began."""
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and until <= since:
            self.add_error("until", self.text(ASK_AFTER))
        return given


class CertificateForm(RegisterForm):
    """A processor's certificate of deletion."""

    certificate = forms.FileField()


class EndForm(RegisterForm):
    """Ending a party, with or without its certificate of deletion."""

    certificate = forms.FileField(required=False)


def _takes_file(field: forms.Field) -> bool:
    return isinstance(field, forms.FileField)
