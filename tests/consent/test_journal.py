"""Units of work under the rules in force."""

from __future__ import annotations

import pytest
from django.db import transaction

from audit.selectors import event_list
from consent import journal
from consent.models import Rules
from consent.services import places
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")


def test_a_unit_stands_under_the_sites_rules(db: Database) -> None:
    house = make.house()
    other = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二",
        name_en="Two",
        act=make.SETUP,
    )
    newest = make.rules_published(site=other, document=make.rules_document("2026-02"))
    found = {}
    for site in (house.site, other, None):
        with journal.unit(act=make.SETUP, site=site) as unit:
            unit.event("log.read", data={"rows": 1, "view": "list"})
        event = event_list(rows=1)[0]
        found[event["site"]] = event["rules"]
    assert found == {
        "c-1": house.rules.sha256,
        "c-2": newest.sha256,
        None: newest.sha256,
    }
    assert journal.rules_in_force(site=house.site) == house.rules


def test_before_any_rules_there_are_none(db: Database) -> None:
    places.operator_create(code="demo-test", legal_name="Demo")
    assert journal.rules_in_force(site=None) is None
    with journal.unit(act=make.SETUP, site=None) as unit:
        unit.event("log.read", data={"rows": 0, "view": "list"})
    assert event_list(rows=1)[0]["rules"] is None


def test_units_do_not_nest(db: Database) -> None:
    house = make.house()
    with pytest.raises(RuntimeError, match="durable"):
        with journal.unit(act=make.SETUP, site=house.site):
            with journal.unit(act=make.SETUP, site=house.site):
                pytest.fail("a unit opened inside another")
    assert Rules.objects.count() == 1
    assert not transaction.get_connection().in_atomic_block
