"""Sealed exports of real logs, judged by the verifier that ships in them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit import bundle, clock, demonstration, exports, signing
from audit.drafts import VISITOR
from audit.errors import RangeEmpty, SignerRefuses, SitesUnknown
from audit.models import Checkpoint, Head, Index
from audit.selectors import event_list
from audit.signer import Signer
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.places import site_open
from tests import make
from tests.audit.judging import judge
from tests.audit.signing import signer_in
from tests.make import SETUP

pytestmark = pytest.mark.usefixtures("db", "secrets_dir")


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with signer_in(tmp_path / "signer") as running:
        yield running


@pytest.fixture
def house() -> make.House:
    made = make.house(demonstration_clock=True)
    for _ in range(2):
        make.person(kiosk=made.kiosk, yes={Purpose.CONTACT: True})
    leaving = make.person(kiosk=made.kiosk, yes={Purpose.ATTRIBUTION: True})
    consents_withdraw(subject=leaving, purposes=None, act=VISITOR)
    return made


def export(target: Path, **scope: Any) -> bundle.Scope:
    found = exports.export_scope(**scope)
    exports.export_now(scope=found, target=target)
    return found


def vkey() -> str:
    return signing.vkeys(log=Head.objects.get(closed_at=None).log)[-1]


def content(pack: Path, name: str) -> bytes:
    with zipfile.ZipFile(pack) as archive:
        return archive.read(name)


def lines(pack: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content(pack, name).splitlines()]


def test_an_export_of_everything_is_sound(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    pack = tmp_path / "pack.zip"
    scope = export(pack)
    told = judge(pack, "--pin", vkey())
    assert told["exit"] == 0, told
    assert told["events"] == scope.last + 1
    assert told["altered"] == told["violations"] == []
    assert not told["partial"]
    assert told["pinned"]
    assert judge(pack)["exit"] == 2


def test_asking_and_making_are_in_the_log(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    pack = tmp_path / "pack.zip"
    scope = export(pack)
    made, asked = event_list(rows=2)
    assert (asked["type"], made["type"]) == ("export.requested", "export.made")
    assert (made["data"]["first"], made["data"]["last"]) == (0, scope.last)
    manifest = hashlib.sha256(content(pack, "manifest.json")).hexdigest()
    assert made["data"]["manifest"] == manifest


def test_the_same_range_gives_the_same_bytes(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    scope = exports.export_scope()
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    exports.export_now(scope=scope, target=first)
    make.person(kiosk=house.kiosk)
    signer.look(now=True)
    exports.export_now(scope=scope, target=second)
    assert first.read_bytes() == second.read_bytes()


def test_a_range_carries_the_grants_from_before_it(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    subject = make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
    with demonstration.clock_shifted(days=2):
        start = clock.stamp(clock.now())
        consents_withdraw(subject=subject, purposes=None, act=VISITOR)
        make.person(kiosk=house.kiosk, yes={Purpose.CONTACT: True})
        pack = tmp_path / "pack.zip"
        scope = export(pack, start=start)
    assert scope.first > 0
    told = judge(pack, "--pin", vkey())
    assert told["exit"] == 0, told
    assert told["partial"]
    grants = [json.loads(one["body"]) for one in lines(pack, "grants.jsonl")]
    assert {one["subject"] for one in grants} == {subject.pseudonym}
    assert all(one["seq"] < scope.first for one in grants)


def test_a_range_that_ends_before_a_checkpoint_has_a_tail(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    with demonstration.clock_shifted(seconds=1):
        end = clock.stamp(clock.now())
        make.person(kiosk=house.kiosk)
        pack = tmp_path / "pack.zip"
        scope = export(pack, end=end)
    closing = Checkpoint.objects.order_by("size").first()
    assert closing is not None
    assert len(lines(pack, "tail.jsonl")) == closing.size - scope.last - 1 > 0
    assert judge(pack, "--pin", vkey())["exit"] == 0


def test_days_are_closed_by_their_checkpoints(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    for day in range(1, 4):
        with demonstration.clock_shifted(days=day):
            make.person(kiosk=house.kiosk)
            signer.look(now=True)
            make.person(kiosk=house.kiosk)
    pack = tmp_path / "pack.zip"
    with demonstration.clock_shifted(days=3):
        export(pack)
    sizes = [one["size"] for one in lines(pack, "checkpoints.jsonl")]
    assert len(sizes) == 4
    days = [
        Index.objects.filter(seq=size - 1).values_list("at", flat=True)[0][:10]
        for size in sizes
    ]
    assert len(set(days)) == 4
    told = judge(pack, "--pin", vkey())
    assert told["exit"] == 0, told


def test_one_site_is_shown_and_the_others_are_leaves(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    other = site_open(
        operator=house.site.operator,
        code="c-2",
        name_zh="二号",
        name_en="Second",
        act=SETUP,
    )
    make.rules_published(site=other, document=make.rules_document("other"))
    kiosk, _ = make.kiosk_paired(site=other, code="k-2")
    walk = make.walk_finished(kiosk=kiosk, yes={Purpose.CONTACT: True})
    assert walk.subject is not None
    pack = tmp_path / "pack.zip"
    export(pack, sites=["c-2"])
    shown = [one for one in lines(pack, "events.jsonl") if "leaf" not in one]
    assert {one["site"] for one in shown} == {None, "c-2"}
    told = judge(pack, "--pin", vkey())
    assert told["exit"] == 0, told
    assert told["left_out"] > 0
    with pytest.raises(SitesUnknown):
        exports.export_scope(sites=["c-9"])
    with pytest.raises(SitesUnknown):
        exports.export_scope(sites=[])


def test_a_prior_checkpoint_is_extended(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    prior = tmp_path / "old.note"
    prior.write_text(signing.checkpoint_request().note)
    make.person(kiosk=house.kiosk)
    pack = tmp_path / "pack.zip"
    export(pack)
    assert judge(pack, "--pin", vkey(), "--prior", prior)["exit"] == 0


def test_rules_stand_in_the_pack_under_their_hash(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    pack = tmp_path / "pack.zip"
    export(pack)
    text = content(pack, f"rules/{house.rules.sha256}.json")
    assert hashlib.sha256(text).hexdigest() == house.rules.sha256


def test_an_empty_range_is_no_pack(house: make.House) -> None:
    with pytest.raises(RangeEmpty):
        exports.export_scope(start="2999-01-01T00:00:00.000Z")
    with pytest.raises(RangeEmpty):
        exports.export_scope(end="1999-01-01T00:00:00.000Z")


def test_a_refusing_signer_leaves_no_file(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    signer.look(now=True)
    signer.keeper.remember(signer.keeper.recall().but(refused="forked"))
    pack = tmp_path / "out" / "pack.zip"
    with pytest.raises(SignerRefuses):
        export(pack)
    assert not pack.parent.exists() or not list(pack.parent.iterdir())


def test_a_demonstration_says_so(
    house: make.House, signer: Signer, tmp_path: Path
) -> None:
    pack = tmp_path / "pack.zip"
    export(pack)
    assert json.loads(content(pack, "manifest.json"))["demonstration"] is True


@pytest.mark.slow
def test_every_byte_counts(house: make.House, signer: Signer, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    export(pack)
    whole = pack.read_bytes()
    for place in range(0, len(whole), len(whole) // 40):
        altered = bytearray(whole)
        altered[place] ^= 1
        pack.write_bytes(bytes(altered))
        assert judge(pack, "--pin", vkey())["exit"] in {1, 3}, place
