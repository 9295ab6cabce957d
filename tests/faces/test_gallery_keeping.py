"""Who is in a gallery: by live consents, under the rules of now, with their keys."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from audit.drafts import VISITOR
from consent import keys
from consent.generations import Gallery, gallery_hash, generation_of
from consent.models import Consent
from consent.purposes import Purpose
from consent.services import places
from consent.services.consents import consents_withdraw
from faces.gallery import keeping
from faces.gallery.keeping import Keeper
from tests import make
from tests.conftest import Database
from tests.faces.photographs import collins, encoded, hopper
from tests.faces.searching import enrolled, rules_of_a_search, searched

pytestmark = [pytest.mark.vision, pytest.mark.slow]

FACE = Purpose.FACE_CHECKIN


@pytest.fixture
def house(db: Database, secrets_dir: Path) -> make.House:
    built = make.house()
    searched(built.site)
    return built


@pytest.fixture
def keeper(house: make.House) -> Keeper:
    """The gallery of the house in this very process."""
    return Keeper(house.site)


def count(keeper: Keeper) -> int:
    keeper.refresh()
    return keeper.standing().count


def test_whose_term_runs_out_is_in_it_no_more(
    house: make.House, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(house, encoded(hopper()))
    assert count(keeper) == 1
    monkeypatch.setattr(keeping, "LEAST_LEFT", timedelta(days=400))
    assert keeper.standing() == Gallery(
        generation_of(site=house.site), 0, gallery_hash([])
    )
    assert keeper.search(np.zeros(128))[1:] == (None, None)


def test_old_consents_under_changed_rules_are_not_in_it(
    house: make.House, keeper: Keeper
) -> None:
    enrolled(house, encoded(hopper()))
    assert count(keeper) == 1
    document = rules_of_a_search("2026-03")
    document["purposes"][FACE]["retention_days"] += 30
    make.rules_published(site=house.site, document=document)
    assert count(keeper) == 0


def test_another_sites_people_are_not_in_it(house: make.House, keeper: Keeper) -> None:
    enrolled(house, encoded(hopper()))
    other = places.site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="另一处",
        name_en="Another",
        act=make.SETUP,
    )
    assert count(Keeper(other)) == 0
    assert count(keeper) == 1


def test_whose_key_is_gone_is_not_loaded(house: make.House, keeper: Keeper) -> None:
    person = enrolled(house, encoded(collins()))
    keys.key_destroy(consent=Consent.objects.get(subject=person, purpose=FACE).id)
    assert count(keeper) == 0


def test_a_generation_that_goes_back_is_another(
    house: make.House, keeper: Keeper, db: Database
) -> None:
    """As after a restore: what is held is not what the database has."""
    first = enrolled(house, encoded(hopper()))
    assert count(keeper) == 1
    consents_withdraw(subject=first, purposes=[FACE], act=VISITOR)
    with db.connect("owner") as owner:
        owner.execute("ALTER TABLE consent_generation DISABLE TRIGGER USER")
        owner.execute("UPDATE consent_generation SET value = value - 9")
    assert count(keeper) == 0
