"""The receipt as a file: the person's own, as it was signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from consent.models import Receipt
from consent.receipts import receipt_holds
from tests.leads.browsers import KioskBrowser, Phone


def _saved(kiosk: KioskBrowser) -> tuple[Phone, bytes]:
    phone = Phone()
    phone.walk(kiosk.code(), yes=("attribution",), face=False)
    receipt = Receipt.objects.latest("issued_at")
    answer = phone.get(f"/me/receipts/{receipt.id}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    return phone, answer.content


def test_a_visitor_saves_the_signed_receipt(
    kiosk: KioskBrowser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, content = _saved(kiosk)
    assert receipt_holds(body=json.loads(content))
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    call_command("receipt_verify", str(file))
    assert "unaltered" in capsys.readouterr().out
    file.write_bytes(content.replace(b"attribution", b"marketing.call"))
    with pytest.raises(SystemExit) as ended:
        call_command("receipt_verify", str(file))
    assert ended.value.code == 1


def test_nobody_elses_receipt_is_handed_out(kiosk: KioskBrowser) -> None:
    _saved(kiosk)
    other = Phone()
    other.walk(kiosk.code(), yes=("attribution",), face=False)
    first = Receipt.objects.earliest("issued_at")
    assert other.get(f"/me/receipts/{first.id}/").status_code == 404
    assert Phone().get(f"/me/receipts/{first.id}/").status_code == 404
