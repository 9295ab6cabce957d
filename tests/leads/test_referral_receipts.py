"""The agent's signed receipt of a referral."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from audit import clock
from audit.demonstration import clock_shifted
from audit.selectors import event_list
from consent.signatures import receipt_number, signature_holds
from leads.models import Referral
from leads.referral_receipts import referral_receipt
from leads.referrals import quota_used_up
from tests.conftest import Database
from tests.leads import make
from tests.leads.browsers import words_of
from tests.leads.test_desk import staff


def test_a_receipt_says_when_it_came_and_how_long_it_protects(
    office: make.Office,
) -> None:
    referral = make.announced(office.broker, "138****5678", consent_proof=False)
    told = json.loads(referral_receipt(referral=referral))
    at = datetime.fromisoformat(told["received_at"])
    # To the millisecond: that is how the log tells time.
    assert timedelta(0) <= referral.received_at - at < timedelta(milliseconds=1)
    assert datetime.fromisoformat(told["protected_until"]) - at == timedelta(days=30)
    assert told["earliest_visit"] == told["received_at"]
    assert (told["channel"], told["agent"], told["kind"]) == ("b-1", "b-1-a", "broker")
    assert (told["number"], told["number_whole"]) == ("138****5678", False)
    assert told["confirmation_needed"] is True
    assert told["rules"] == make.ATTRIBUTION["version"]


def test_a_receipt_holds_neither_name_nor_whole_number(office: make.Office) -> None:
    content = referral_receipt(referral=make.announced(office.broker)).decode()
    assert "王" not in content
    assert "13812345678" not in content
    assert json.loads(content)["number"].startswith("138")


def test_a_receipt_is_the_same_each_time_and_after_new_rules(
    office: make.Office,
) -> None:
    first = referral_receipt(referral=make.announced(office.broker))
    later = {
        **make.ATTRIBUTION,
        "version": "t-2099-01",
        "effective_from": "2099-01-01T00:00:00+08:00",
        "defaults": {**make.ATTRIBUTION["defaults"], "protection_days": 5},
    }
    make.rules_published(office.site, later)
    assert referral_receipt(referral=Referral.objects.get()) == first


def test_a_receipt_that_was_altered_does_not_hold(
    office: make.Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = referral_receipt(referral=make.announced(office.broker))
    told = json.loads(content)
    assert signature_holds(body=told)
    for name in told:
        assert not signature_holds(body={**told, name: "x"}), name
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    call_command("receipt_verify", str(file))
    assert "unaltered" in capsys.readouterr().out


def test_the_desk_hands_it_out(office: make.Office) -> None:
    referral = make.announced(office.broker)
    client = staff("reception")
    number = receipt_number(referral_receipt(referral=referral))
    assert number in words_of(client.get(f"/desk/referrals/{referral.id}/"))
    answer = client.get(f"/desk/referrals/{referral.id}/receipt/")
    assert number in answer["Content-Disposition"]
    assert signature_holds(body=json.loads(answer.content))
    unknown = f"/desk/referrals/{office.site.id}/receipt/"
    assert client.get(unknown).status_code == 404


def test_one_beyond_the_quota_is_received_and_void(
    db: Database, secrets_dir: Path
) -> None:
    office = make.office(quota_per_agent_per_day=2)
    numbers = ["13812345671", "13812345672", "13812345673"]
    made = [make.announced(office.broker, number) for number in numbers]
    told = [json.loads(referral_receipt(referral=one))["void"] for one in made]
    assert told == [None, None, "quota"]
    (voided,) = event_list(kind="referral.voided")
    assert voided["data"] == {"referral": str(made[2].id), "reason": "quota"}
    page = staff("reception").get(f"/desk/referrals/{made[2].id}/")
    assert "A8" in words_of(page)
    # Another agent has a quota of their own, and tomorrow is another day.
    other = make.announced(office.resident, numbers[0])
    assert not quota_used_up(referral=other)


def test_the_day_of_a_quota_is_the_rules_own(db: Database, secrets_dir: Path) -> None:
    office = make.office(demonstration_clock=True, quota_per_agent_per_day=1)
    zone = ZoneInfo(make.ATTRIBUTION["timezone"])
    local = clock.now().astimezone(zone)
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    left = (tomorrow - local).total_seconds()
    first = make.announced(office.broker, "13812345671")
    with clock_shifted(seconds=left - 60):
        second = make.announced(office.broker, "13812345672")
    with clock_shifted(seconds=left + 60):
        third = make.announced(office.broker, "13812345673")
    used = [quota_used_up(referral=one) for one in (first, second, third)]
    assert used == [False, True, False]
