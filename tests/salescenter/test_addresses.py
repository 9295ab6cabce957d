"""What the terminal says: a pairing code only where a browser is still to be paired."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from consent.models import Kiosk
from consent.services import places
from salescenter.addresses import addresses
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


def kiosk_lines() -> list[str]:
    return [line for line in addresses() if line.startswith("kiosk")]


def test_no_code_is_printed_for_a_paired_kiosk(db: Database) -> None:
    house = make.house()
    places.kiosk_create(site=house.site, code="k-2", act=make.SETUP)
    paired, other = kiosk_lines()
    assert "/kiosk/  (paired" in paired
    assert Kiosk.objects.get(code="k-1").pairing_hash is None
    address, _, code = other.partition("#")
    assert address.endswith("/kiosk/pair/")
    kiosk, _ = places.kiosk_pair(pairing=code)
    assert kiosk.code == "k-2"
    assert all("#" not in line for line in kiosk_lines())


def test_without_a_kiosk_there_is_still_a_line(db: Database) -> None:
    assert len(kiosk_lines()) == 1


def test_a_kiosk_that_lost_its_browser_is_paired_anew(db: Database) -> None:
    house = make.house()
    told = io.StringIO()
    call_command("kiosk_pairing", "k-1", stdout=told)
    code = told.getvalue().strip().partition("#")[2]
    assert places.kiosk_pair(pairing=code)[0] == house.kiosk
    with pytest.raises(CommandError):
        call_command("kiosk_pairing", "k-9")
