"""Rules are published whole or not at all; assessments open and shut the face."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from audit import demonstration
from audit.documents import document_get
from audit.selectors import event_list
from consent import assessments, rules
from consent.errors import RulesInvalid, RulesUnfit
from consent.lint import rules_lint
from consent.models import ImpactAssessment, Rules
from consent.purposes import FACE, MARKETING, Purpose
from consent.selectors import assessment_live, rules_get, rules_list
from consent.services import publishing
from tests import make
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("secrets_dir")

Path = tuple[str, ...]


@pytest.fixture
def house(db: Database) -> make.House:
    return make.house(demonstration_clock=True)


def _required() -> Iterator[Path]:
    document = make.rules_document()
    yield from ((name,) for name in rules.DOCUMENT_FIELDS)
    yield from ((name,) for name in rules.DOCUMENT_TERMS)
    for purpose in document["purposes"]:
        yield from (("purposes", purpose, name) for name in rules.TERM_FIELDS)
    yield ("purposes", "face.checkin", "matching")
    for language in rules.LANGUAGES:
        yield from (("languages", language, name) for name in rules.LANGUAGE_FIELDS)
        for part, names in rules.PART_FIELDS.items():
            yield from (("languages", language, part, name) for name in names)
        for purpose in document["purposes"]:
            place = ("languages", language, "purposes", purpose)
            yield from ((*place, name) for name in rules.PURPOSE_FIELDS)
            if purpose in FACE:
                yield from ((*place, name) for name in rules.FACE_FIELDS)
            if purpose in MARKETING:
                yield from ((*place, name) for name in rules.MARKETING_FIELDS)


def _stated() -> Iterator[Path]:
    """Lists that may be empty, but have to be there."""
    for language in rules.LANGUAGES:
        yield ("languages", language, "joint_operators")
        yield ("languages", language, "processors")
        for purpose in make.rules_document()["purposes"]:
            yield ("languages", language, "purposes", purpose, "recipients")
            yield ("languages", language, "purposes", purpose, "data_optional")


def _changed(path: Path, value: object) -> dict[str, Any]:
    document = copy.deepcopy(make.rules_document("2026-09"))
    # The two languages share one dictionary in the sample.
    document["languages"] = copy.deepcopy(
        {name: dict(words) for name, words in document["languages"].items()}
    )
    part = document
    for name in path[:-1]:
        part[name] = copy.deepcopy(part[name])
        part = part[name]
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return document


def _named(error: pytest.ExceptionInfo[RulesInvalid]) -> str:
    return str(error.value.args[0])


def test_every_missing_field_is_refused_by_its_path() -> None:
    places = [*_required(), *_stated()]
    assert len(places) > 200
    for path in places:
        with pytest.raises(RulesInvalid) as refused:
            rules.canonical(_changed(path, None))
        assert _named(refused) == ".".join(path)


def test_every_empty_text_is_refused_by_its_path() -> None:
    for path in _required():
        if path[-1] in {*rules.TERM_FIELDS, *rules.DOCUMENT_TERMS}:
            continue
        nothings: tuple[object, ...] = ("", " ", {}, [], [" "])
        for empty in nothings:
            with pytest.raises(RulesInvalid) as refused:
                rules.canonical(_changed(path, empty))
            assert _named(refused) == ".".join(path)


def test_a_list_is_a_list_of_lines_and_a_text_is_none() -> None:
    for path in _required():
        if path[0] != "languages" or len(path) == 1:
            continue
        wrong: tuple[object, ...] = (["a", "b"],)
        if path[-1] in rules.LISTS:
            wrong = ("a line", [1], ["a", ""], [{"a": "b"}])
        for value in wrong:
            with pytest.raises(RulesInvalid) as refused:
                rules.canonical(_changed(path, value))
            assert _named(refused).startswith(".".join(path))


PARTY = dict.fromkeys(rules.PARTY_FIELDS, "-")
JOINT = dict.fromkeys(rules.JOINT_FIELDS, "-")


@pytest.mark.parametrize(
    ("path", "row"),
    [
        (("languages", "en", "purposes", "contact", "recipients"), PARTY),
        (("languages", "en", "processors"), PARTY),
        (("languages", "en", "joint_operators"), JOINT),
    ],
)
def test_a_party_is_named_with_all_that_the_law_asks(
    path: Path, row: dict[str, str]
) -> None:
    assert rules.canonical(_changed(path, [row]))
    for name in row:
        for part in ({**row, name: ""}, {**row, name: []}):
            with pytest.raises(RulesInvalid) as refused:
                rules.canonical(_changed(path, [row, part]))
            assert _named(refused) == f"{'.'.join(path)}.1.{name}"
    with pytest.raises(RulesInvalid):
        rules.canonical(_changed(path, ["A company"]))
    with pytest.raises(RulesInvalid):
        rules.canonical(_changed(path, row))


@pytest.mark.parametrize(
    ("field", "most", "least"),
    [("answer_days", 30, 1), ("proof_days", 36_500, 1_095)],
)
def test_the_days_of_the_whole_document_have_bounds(
    field: str, most: int, least: int
) -> None:
    for good in (least, most):
        assert rules.canonical(_changed((field,), good))
    wrong: tuple[object, ...] = (least - 1, most + 1, 15.5, "15", True)
    for value in wrong:
        with pytest.raises(RulesInvalid) as refused:
            rules.canonical(_changed((field,), value))
        assert _named(refused) == field


def test_a_face_says_with_whom_it_is_compared() -> None:
    path = ("purposes", "face.checkin", "matching")
    for good in rules.MATCHING:
        assert rules.canonical(_changed(path, good))
    with pytest.raises(RulesInvalid):
        rules.canonical(_changed(path, "somebody"))


def test_a_presence_check_may_be_asked_for_a_face_and_for_nothing_else() -> None:
    path = ("purposes", "face.checkin", "presence")
    for good in (True, False):
        assert rules.canonical(_changed(path, good))
    for wrong in ("yes", 1):
        with pytest.raises(RulesInvalid) as refused:
            rules.canonical(_changed(path, wrong))
        assert _named(refused) == ".".join(path)
    with pytest.raises(RulesInvalid):
        rules.canonical(_changed(("purposes", "contact", "presence"), True))


def test_the_linter_names_whatever_publishing_refuses() -> None:
    for path in [*_required(), *_stated()]:
        draft = _changed(path, None)
        named = {one.field for one in rules_lint(document=draft)}
        for place in rules.missing(draft):
            assert any(place == one or place.startswith(f"{one}.") for one in named), (
                place
            )


@pytest.mark.parametrize("path", [("languages", "en"), ("languages", "zh-hans")])
def test_a_missing_language_is_refused(path: Path) -> None:
    with pytest.raises(RulesInvalid) as refused:
        rules.canonical(_changed(path, None))
    assert _named(refused).startswith(".".join(path))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("retention_days", 0),
        ("retention_days", -1),
        ("retention_days", 1.5),
        ("retention_days", "30"),
        ("retention_days", True),
        ("destroy_s", 0),
        ("destroy_s", 86_401),
        ("destroy_s", "60"),
        ("sensitive", "no"),
    ],
)
def test_a_term_that_no_consent_could_have_is_refused(
    field: str, value: object
) -> None:
    with pytest.raises(RulesInvalid) as refused:
        rules.canonical(_changed(("purposes", "contact", field), value))
    assert _named(refused) == f"purposes.contact.{field}"


def test_a_face_is_always_sensitive_and_a_purpose_always_known() -> None:
    with pytest.raises(RulesInvalid) as refused:
        rules.canonical(_changed(("purposes", "face.checkin", "sensitive"), False))
    assert _named(refused) == "purposes.face.checkin.sensitive"
    with pytest.raises(RulesInvalid) as refused:
        rules.canonical(_changed(("purposes", "face.everywhere"), {"sensitive": True}))
    assert _named(refused) == "purposes.face.everywhere"


def test_nothing_of_a_refused_document_is_published(house: make.House) -> None:
    size = len(event_list(rows=1_000))
    with pytest.raises(RulesInvalid):
        make.rules_published(site=house.site, document=_changed(("label",), None))
    assert rules_get(site=house.site) == house.rules
    assert len(event_list(rows=1_000)) == size


def test_what_the_linter_finds_is_not_published(house: make.House) -> None:
    size = len(event_list(rows=1_000))
    place = ("languages", "en", "purposes", "face.checkin", "why")
    with pytest.raises(RulesUnfit) as refused:
        make.rules_published(
            site=house.site,
            document=_changed(place, "You must agree, for ever: it is irrevocable."),
        )
    assert set(refused.value.args) == {
        f"coercing {'.'.join(place)}",
        f"unlimited {'.'.join(place)}",
    }
    assert rules_get(site=house.site) == house.rules
    assert len(event_list(rows=1_000)) == size


def test_a_published_text_lies_with_the_log_under_its_hash(house: make.House) -> None:
    content = document_get(sha256=house.rules.sha256)
    assert content == rules.canonical(make.rules_document())
    assert hashlib.sha256(content).hexdigest() == house.rules.sha256
    published = event_list(kind="rules.published")[0]
    assert published["data"] == {
        "sha256": house.rules.sha256,
        "prior": None,
        "author": make.ASKING.id,
        "material": [],
    }
    assert published["act"]["id"] == make.APPROVING.id
    assert published["rules"] == house.rules.sha256


def test_the_order_of_the_keys_does_not_change_the_hash() -> None:
    document = make.rules_document()
    turned = dict(reversed(document.items()))
    assert rules.canonical(document) == rules.canonical(turned)


def test_a_new_version_retires_the_one_before(house: make.House) -> None:
    newer = make.rules_published(
        site=house.site, document=make.rules_document("2026-02")
    )
    assert rules_get(site=house.site) == newer
    assert [one.label for one in rules_list()] == ["2026-02", "2026-01"]
    assert Rules.objects.get(id=house.rules.id).retired_at is not None
    published = event_list(kind="rules.published")[0]
    assert published["data"]["prior"] == house.rules.sha256


def test_the_notice_shows_the_terms_that_the_program_keeps(house: make.House) -> None:
    for language in rules.LANGUAGES:
        notice = rules.notice(sha256=house.rules.sha256, language=language)
        assert [row["id"] for row in notice["purposes"]] == [
            *("contact", "attribution", "face.checkin"),
            *("marketing.sms", "marketing.call"),
        ]
        for row in notice["purposes"]:
            assert (row["retention_days"], row["destroy_s"]) == (30, 60)
            assert row["separate"] == (row["id"] == "face.checkin")


def test_unknown_rules_have_no_text_and_no_terms(house: make.House) -> None:
    with pytest.raises(RulesInvalid):
        rules.document(sha256="0" * 64)
    assert rules.terms(sha256=house.rules.sha256, purpose="channel.disclose") is None


def test_an_assessment_opens_what_it_names_until_it_ends(house: make.House) -> None:
    face = Purpose.FACE_CHECKIN
    assert assessment_live(site=house.site, purpose=face) is not None
    assert assessment_live(site=house.site, purpose=Purpose.FACE_ATTRIBUTION) is None
    with demonstration.clock_shifted(days=366):
        assert assessment_live(site=house.site, purpose=face) is None
    approved = event_list(kind="pia.approved")[0]
    assert approved["data"]["demonstration"] is True
    assert approved["data"]["author"] == make.ASKING.id
    assert approved["act"]["id"] == make.APPROVING.id
    content = document_get(sha256=approved["data"]["sha256"])
    assert content == assessments.canonical(make.assessment_document())


def test_a_stale_assessment_is_shut_for_good(house: make.House) -> None:
    assessment = ImpactAssessment.objects.get()
    publishing.assessment_go_stale(
        assessment=assessment, reason="purpose", act=make.SETUP
    )
    assert assessment_live(site=house.site, purpose=Purpose.FACE_CHECKIN) is None
    assert event_list(kind="pia.stale")[0]["data"] == {"reason": "purpose"}
    again = make.assessment_document("pia-2", days=1)
    make.assessment_approved(site=house.site, document=again)
    found = assessment_live(site=house.site, purpose=Purpose.FACE_CHECKIN)
    assert found is not None
    assert found.code == "pia-2"
