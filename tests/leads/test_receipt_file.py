"""The receipt as a file: the person's own, as it was signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from audit import exports
from consent.models import Receipt
from consent.receipts import receipt_holds
from tests.audit.judging import judge
from tests.audit.signing import signer_in
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


def test_the_saved_receipt_proves_itself_offline(
    kiosk: KioskBrowser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phone, early = _saved(kiosk)
    file = tmp_path / "receipt.json"
    file.write_bytes(early)
    assert judge("--receipt", file)["exit"] == 2, "signed, but not in a checkpoint yet"
    receipt = Receipt.objects.latest("issued_at")
    with signer_in(tmp_path / "signer") as signer:
        signer.look(now=True)
        later = phone.get(f"/me/receipts/{receipt.id}/").content
        pack = tmp_path / "pack.zip"
        exports.export_now(scope=exports.export_scope(), target=pack)
    file.write_bytes(later)
    told = json.loads(later)
    assert judge("--receipt", file)["exit"] == 2, "no key from elsewhere"
    assert judge("--receipt", file, "--pin", told["vkey"])["exit"] == 0
    assert judge(pack, "--receipt", file, "--pin", told["vkey"])["exit"] == 0
    for name in ("retention_period", "purpose"):
        altered = json.loads(later)
        altered["choices"][0][name] = "contact"
        file.write_text(json.dumps(altered))
        assert judge("--receipt", file, "--pin", told["vkey"])["exit"] == 1
    assert receipt_holds(body=told)
    file.write_bytes(later)
    call_command("receipt_verify", str(file))
    assert "proved by the log" in capsys.readouterr().out
    told["proofs"][0]["path"][0] = "0" * 64
    file.write_text(json.dumps(told))
    with pytest.raises(SystemExit):
        call_command("receipt_verify", str(file))
    assert "do not hold" in capsys.readouterr().out
    page = phone.get(f"/me/receipts/{receipt.id}/print/")
    assert told["note"].splitlines()[0] in page.content.decode()
