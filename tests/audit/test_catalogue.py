"""Every kind of event: its keys, what it stands on, and which are uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit import catalogue, grammar
from audit.catalogue import KINDS
from audit.drafts import Act
from audit.errors import EventInvalid
from audit.log import Unit
from tests.audit import events

CLAUSE = re.compile(r"[a-z][a-z0-9._-]{0,47}")
CONTRACT = re.findall(
    r"\S+",
    """
log.opened site.opened rules.published rules.retired pia.approved pia.stale party.added
party.ended device.approved kiosk.paired kiosk.revoked kiosk.layout notice.shown
consent.granted consent.refused consent.restricted consent.withdrawn consent.expired
key.created key.destroyed data.ended gate.refused use.abandoned capture.started
capture.discarded face.enrolled face.compare.started face.compared
face.template.destroyed contact.collected contact.viewed contact.corrected
contact.disclosed contact.erased link.revoked referral.announced referral.shown
referral.voided visit.recorded visit.ended desk.override decision.made decision.revised
dispute.opened dispute.ruled deal.recorded commission.held commission.settled
subject.merged subject.unmerged list.received list.quarantined list.released list.purged
message.allowed message.sent message.refused suppression.added request.opened
request.answered export.requested export.approved export.made log.read staff.signed_in
staff.refused stop.on stop.off incident.opened incident.closed retention.swept
backup.restored signer.rotated signer.refused proof.run clock.behind
""",
)
"""The kinds of the contract that independent verifiers are written from."""


def test_every_kind_of_the_contract_is_there() -> None:
    assert [kind for kind in CONTRACT if kind not in KINDS] == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_written_with_fitting_values(kind: str) -> None:
    assert grammar.fault(grammar.encode(events.body(kind))) is None


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_takes_a_key_of_its_own_or_lacks_one(kind: str) -> None:
    for key in ("name", "phone", "note", "王小明"):
        with pytest.raises(EventInvalid):
            grammar.encode(events.body(kind, **{key: "a-token"}))
    for key in KINDS[kind].keys:
        short = events.body(kind)
        del short["data"][key]
        with pytest.raises(EventInvalid):
            grammar.encode(short)


def test_every_kind_stands_on_a_clause_or_on_its_purpose() -> None:
    for name, entry in KINDS.items():
        if entry.clause is None:
            assert entry.purpose is True, name
        else:
            assert CLAUSE.fullmatch(entry.clause), name


def test_a_purpose_is_there_when_the_kind_needs_one_and_only_then() -> None:
    for kind, entry in KINDS.items():
        told = events.body(kind)
        for purpose in (None, "contact"):
            if entry.purpose in (None, purpose is not None):
                grammar.encode({**told, "purpose": purpose})
            else:
                with pytest.raises(EventInvalid):
                    grammar.encode({**told, "purpose": purpose})


def test_a_kind_without_a_clause_to_stand_on_is_not_drafted() -> None:
    unit = Unit(act=Act("k-1", "kiosk"), site="c-1", rules=None)
    for kind in ("capture.started", "no.such.kind"):
        with pytest.raises(EventInvalid):
            unit.event(kind)
    assert unit.drafts == []


def test_the_uses_are_those_of_the_contract() -> None:
    uses = {name for name, entry in KINDS.items() if entry.use}
    assert uses == {
        *("contact.collected", "contact.viewed", "contact.corrected"),
        *("contact.disclosed", "capture.started", "face.enrolled"),
        *("face.compare.started", "face.compared", "message.allowed"),
        *("decision.made", "decision.revised"),
    }
    assert all(KINDS[name].purpose for name in uses)


@pytest.mark.parametrize("kind", ["decision.made", "decision.revised"])
def test_a_decision_is_a_use_when_a_channel_gets_it(kind: str) -> None:
    assert catalogue.is_use(kind, {"outcome": "channel"})
    assert not catalogue.is_use(kind, {"outcome": "walk_in"})


def test_what_is_no_decision_is_a_use_whatever_its_data_say() -> None:
    assert catalogue.is_use("face.enrolled", {})
    assert not catalogue.is_use("consent.granted", {})


def test_a_face_score_is_a_number_of_ten_thousandths() -> None:
    check = KINDS["face.compared"].keys["score"]
    assert check(None)
    assert check(-3821)
    assert not check(-0.3821)
    assert not check(True)
    assert not check(200_001)


def test_a_list_has_at_most_64_places() -> None:
    check = KINDS["face.compared"].keys["candidates"]
    assert check(list(range(64)))
    assert not check(list(range(65)))
    assert not check((1, 2))
    assert not check([True])


def test_the_id_that_a_log_is_given_fits_where_a_later_log_names_it() -> None:
    check = KINDS["log.opened"].keys["prior_log"]
    for identifier in ("0123456789abcdef", "fedcba9876543210", None):
        assert check(identifier)


def test_a_verifier_key_must_carry_its_own_key_id() -> None:
    check = KINDS["signer.rotated"].keys["new"]
    key = events.verifier_key()
    assert check(key)
    name, identifier, encoded = key.split("+", 2)
    assert not check(f"{name}+00000000+{encoded}")
    assert not check(f"salescenter/other/{name[-16:]}+{identifier}+{encoded}")
    assert not check(f"{name}+{identifier}+AQ{encoded[4:]}AA")


def test_each_module_of_the_catalogue_is_part_of_it() -> None:
    folder = Path(catalogue.__file__).parent
    modules = {path.stem.upper() for path in folder.glob("*.py")}
    assert modules - {"__INIT__", "CHECKS"} == set(vars(catalogue)) & modules
