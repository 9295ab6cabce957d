"""The public pages of the rules: versions, differences, what is collected, the file."""

from __future__ import annotations

import hashlib
import json
import re
from copy import deepcopy
from html import unescape

import pytest
from django.test import Client

from audit.documents import document_put
from consent.models import Rules
from consent.purposes import Purpose
from consent.rules import canonical
from consent.selectors import rules_history, rules_of_hash
from tests import make
from tests.make import House, house, rules_document

pytestmark = pytest.mark.usefixtures("db", "secrets_dir", "static_files")


@pytest.fixture
def built() -> House:
    """A site with rules in force."""
    return house()


@pytest.fixture
def second(built: House) -> Rules:
    """A second version, which keeps names longer and says so in both languages."""
    document = deepcopy(rules_document(label="2026-02", CONTACT=60))
    for words in document["languages"].values():
        words["changes"] = "Longer."
        words["purposes"][Purpose.CONTACT]["retention"] = "60 days."
    return make.rules_published(site=built.site, document=document)


def page(path: str, language: str = "en") -> str:
    """Return the page that nobody in particular sees."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["lang"] = language
    response = client.get(path, headers={"accept": "text/html"})
    assert response.status_code == 200, path
    return response.content.decode()


def told(html: str) -> str:
    """Return the words of a page in one line."""
    return re.sub(r"(<[^>]+>|\s)+", " ", unescape(html))


def status(path: str) -> int:
    return int(Client(SERVER_NAME="127.0.0.1").get(path).status_code)


def test_each_version_is_listed_with_the_way_to_the_one_before(
    built: House, second: Rules
) -> None:
    first = built.rules.sha256
    assert [one.sha256 for one, _ in rules_history()] == [second.sha256, first]
    assert [before and before.sha256 for _, before in rules_history()] == [first, None]
    html = page("/rules/")
    assert f'href="/rules/{first}/to/{second.sha256}/"' in html
    assert html.count("/to/") == 1
    for version in (first, second.sha256):
        assert version[:16] in html


def test_a_difference_strikes_what_went_and_underlines_what_came(
    built: House, second: Rules
) -> None:
    there = f"/rules/{built.rules.sha256}/to/{second.sha256}/"
    html = page(there)
    assert "<del>30</del> → <ins>60</ins>" in html
    assert "Kept for, in days" in html
    assert "<del>2026-01</del> → <ins>2026-02</ins>" in html
    assert "<ins>60 days</ins>" in html or "<ins>60 days.</ins>" in html
    assert "contact title." in html
    assert "attribution title." not in html
    assert built.rules.sha256 in html
    assert second.sha256 in html
    assert "保存期限（天）" in page(there, "zh-hans")
    back = page(f"/rules/{second.sha256}/to/{built.rules.sha256}/")
    assert "<del>60</del> → <ins>30</ins>" in back


def test_a_version_compared_with_itself_differs_in_nothing(built: House) -> None:
    sha256 = built.rules.sha256
    assert "Nothing differs." in page(f"/rules/{sha256}/to/{sha256}/")


def test_what_changed_in_the_other_language_only_is_told(built: House) -> None:
    document = deepcopy(rules_document())
    document["languages"] = deepcopy(document["languages"])
    chinese = deepcopy(document["languages"]["zh-hans"])
    chinese["purposes"][Purpose.CONTACT]["method"] = "换了办法。"
    document["languages"]["zh-hans"] = chinese
    new = make.rules_published(site=built.site, document=document)
    html = page(f"/rules/{built.rules.sha256}/to/{new.sha256}/")
    assert "Changed in Chinese only" in html
    assert "contact title.: How" in told(html)


def test_the_list_of_what_is_collected_holds_every_purpose(built: House) -> None:
    words = told(page(f"/rules/{built.rules.sha256}/collected/"))
    for name in rules_document()["purposes"]:
        assert f"{name} title." in words
        assert f"{name} data needed" in words
        assert f"{name} method." in words
        assert f"{name} retention." in words
    assert "face.checkin data_transient seen, not kept" in words
    assert words.count(" sensitive ") == 1
    assert built.rules.sha256 in words
    assert "replaced by a later version" not in words


def test_what_need_not_be_given_is_told_apart(built: House) -> None:
    document = deepcopy(rules_document())
    for words in document["languages"].values():
        words["purposes"][Purpose.CONTACT]["data_optional"] = ["a second number"]
    new = make.rules_published(site=built.site, document=document)
    words = told(page(f"/rules/{new.sha256}/collected/"))
    assert "a second number optional" in words
    old = told(page(f"/rules/{built.rules.sha256}/collected/"))
    assert "replaced by a later version" in old


def test_the_file_is_the_bytes_whose_hash_is_the_version(built: House) -> None:
    sha256 = built.rules.sha256
    response = Client(SERVER_NAME="127.0.0.1").get(f"/rules/{sha256}.json")
    assert response.status_code == 200
    assert hashlib.sha256(response.content).hexdigest() == sha256
    assert response.content == canonical(json.loads(response.content))
    assert response["Content-Type"] == "application/json"
    assert "attachment" in response["Content-Disposition"]


def test_only_published_rules_are_found_by_their_hash(built: House) -> None:
    other = document_put(content=b"a text of the log that is no rules")
    real = built.rules.sha256
    assert rules_of_hash(sha256=other) is None
    assert rules_of_hash(sha256=real) == built.rules
    for path in (
        f"/rules/{other}.json",
        f"/rules/{other}/",
        f"/rules/{other}/collected/",
        f"/rules/{other}/to/{real}/",
        f"/rules/{real}/to/{other}/",
    ):
        assert status(path) == 404, path
