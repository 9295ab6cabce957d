"""History under a draft: what would be decided otherwise, and nothing is opened."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from consent import keys
from leads import simulating
from leads.management.commands.attribution_simulate import Command
from leads.models import Decision, Visit
from tests.leads import make
from tests.leads.test_decisions import arrives, visitor


@pytest.fixture
def lived(office: make.Office) -> make.Office:
    """A walk-in, a visit that a channel won, and the same customer once more."""
    arrives(office, visitor(office, phone="13900001111"))
    make.announced(office.broker)
    make.announced(office.resident)
    guest = visitor(office)
    arrives(office, guest)
    arrives(office, guest, key="2")
    return office


def draft(**terms: Any) -> dict[str, Any]:
    defaults = {**make.ATTRIBUTION["defaults"], **terms}
    return {**make.ATTRIBUTION, "version": "draft", "defaults": defaults,
            "effective_from": "2030-01-01T00:00:00+08:00"}  # fmt: skip


def run(tmp_path: Path, document: object, *options: str) -> tuple[str, str]:
    file = tmp_path / "draft.json"
    text = document if isinstance(document, str) else json.dumps(document)
    file.write_text(text, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    call_command(Command(), "--rules", str(file), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_every_visit_is_told_with_the_facts_it_was_decided_from(
    lived: make.Office,
) -> None:
    rows = list(simulating.history(sites=[lived.site]))
    assert [row.visit for row in rows] == [
        str(one) for one in Visit.objects.order_by("at").values_list("id", flat=True)
    ]
    for row in rows:
        decision = Decision.objects.get(visit__id=row.visit)
        assert json.loads(row.facts) == decision.facts
        assert row.found[:2] == (decision.outcome, "b-1" if decision.channel else "")
    assert list(simulating.history(sites=[lived.site], newest=True)) == rows[::-1]


def test_the_rules_of_then_change_nothing(lived: make.Office) -> None:
    found = simulating.simulate(rules=draft(), sites=[lived.site])
    assert (found.total, found.judged, found.changed) == (3, 3, 0)
    assert found.unreadable == []


def test_a_draft_is_judged_as_if_it_had_always_been_in_force(
    lived: make.Office,
) -> None:
    found = simulating.simulate(rules=draft(min_lead_minutes=30), sites=[lived.site])
    assert found.changed == 2
    assert dict(found.moves) == {("channel", "b-1", "walk_in", ""): 2}
    assert found.channels() == {"b-1": (0, 2)}
    assert [change.was.clause for change in found.listed] == ["A5", "A7"]
    assert [change.now.clause for change in found.listed] == ["A14", "A14"]


def test_a_site_of_its_own_is_judged_alone(lived: make.Office) -> None:
    found = simulating.simulate(rules=draft(min_lead_minutes=30), sites=[])
    assert (found.total, found.judged) == (0, 0)


def test_with_a_limit_the_newest_come_first(
    lived: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "BATCH", 1)
    found = simulating.simulate(
        rules=draft(min_lead_minutes=30), sites=[lived.site], seconds=0
    )
    assert (found.total, found.judged, found.whole) == (3, 1, False)
    newest = Visit.objects.order_by("-at").values_list("id", flat=True)[0]
    assert [change.visit for change in found.listed] == [str(newest)]


def test_other_processes_find_the_same(lived: make.Office) -> None:
    rules = draft(min_lead_minutes=30)
    alone = simulating.simulate(rules=rules, sites=[lived.site])
    both = simulating.simulate(rules=rules, sites=[lived.site], processes=2)
    assert (both.moves, both.listed) == (alone.moves, alone.listed)


def test_nothing_is_decrypted_logged_or_written(
    lived: make.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_args: object, **_named: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(keys, "unseal", opened)
    events = Event.objects.count()
    with CaptureQueriesContext(connection) as seen:
        simulating.simulate(rules=draft(), sites=[lived.site])
    assert Event.objects.count() == events
    told = " ".join(query["sql"] for query in seen)
    assert "leads_contact" not in told
    assert "INSERT" not in told


def test_the_command_says_what_would_change(lived: make.Office, tmp_path: Path) -> None:
    out, err = run(tmp_path, draft(min_lead_minutes=30))
    assert out.startswith("2 of 3 visits would be decided otherwise\n")
    assert "2  channel b-1 -> walk_in" in out
    assert "b-1: gains 0, loses 2" in out
    assert "3 of 3 visits" in err


def test_the_command_answers_in_json(lived: make.Office, tmp_path: Path) -> None:
    site = lived.site.code
    out, _ = run(tmp_path, draft(min_lead_minutes=30), "--json", "--site", site)
    told = json.loads(out)
    assert (told["visits"], told["judged"], told["changed"]) == (3, 3, 2)
    assert told["moves"] == [
        {"from": {"outcome": "channel", "channel": "b-1"},
         "to": {"outcome": "walk_in", "channel": None}, "visits": 2}
    ]  # fmt: skip
    assert told["channels"] == {"b-1": {"gained": 0, "lost": 2}}
    assert [one["from"]["clause"] for one in told["listed"]] == ["A5", "A7"]


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("{", "not JSON: line 1, column 2"),
        ([], "rules 1: not an object"),
        ({}, "rules 1: missing key 'version'"),
        (draft(protection_days=-1),
         "rules 'draft' defaults: protection_days is not between 0 and 36600"),
    ],
)  # fmt: skip
def test_a_malformed_draft_is_answered_with_2_and_a_line(
    office: make.Office, tmp_path: Path, document: object, line: str
) -> None:
    with pytest.raises(CommandError) as refused:
        run(tmp_path, document)
    assert refused.value.returncode == 2
    assert str(refused.value) == line


def test_an_unknown_site_is_said_so(lived: make.Office, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such site"):
        run(tmp_path, draft(), "--site", "elsewhere")
