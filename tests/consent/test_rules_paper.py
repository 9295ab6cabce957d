"""The poster and the desk sheet: what is on them, and where their code leads."""

from __future__ import annotations

import pytest
from django.test import override_settings

from audit.drawing import qr_svg
from tests import make
from tests.consent.test_rules_pages import page, status, told
from tests.make import House, house, rules_document

pytestmark = pytest.mark.usefixtures("db", "secrets_dir", "static_files")

PAPERS = ("poster", "sheet")
REPLACED = "These rules have been replaced"


@pytest.fixture
def built() -> House:
    """A site with rules in force."""
    return house()


@pytest.mark.parametrize("paper", PAPERS)
def test_the_code_leads_to_the_version_by_the_guests_address(
    built: House, paper: str
) -> None:
    sha256 = built.rules.sha256
    with override_settings(PUBLIC_URL="https://visit.example"):
        html = page(f"/rules/{sha256}/{paper}/")
    assert qr_svg(f"https://visit.example/rules/{sha256}/") in html
    assert html.count("data-qr") == 1
    assert sha256 in html


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_says_who_we_are_in_both_languages(built: House, paper: str) -> None:
    there = f"/rules/{built.rules.sha256}/{paper}/"
    for language, contact in (("en", "Privacy contact"), ("zh-hans", "联系人")):
        html = page(there, language)
        assert contact in html
        assert "<b>Demo</b>" in html
        assert built.rules.label in html


def test_the_poster_promises_to_ask(built: House) -> None:
    there = f"/rules/{built.rules.sha256}/poster/"
    assert "拍照前，一定先问您" in page(there, "zh-hans")
    assert "Never a photo without asking" in page(there)


def test_the_sheet_holds_the_first_layer_with_every_other_way(built: House) -> None:
    words = told(page(f"/rules/{built.rules.sha256}/sheet/"))
    document = rules_document()
    for row in document["languages"]["en"]["purposes"].values():
        for field in ("title", "sentence", "refusal", "alternative"):
            assert row[field] in words
    for field in ("summary", "rights", "withdraw", "complaint"):
        assert document["languages"]["en"][field][0] in words


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_of_replaced_rules_says_so(built: House, paper: str) -> None:
    there = f"/rules/{built.rules.sha256}/{paper}/"
    assert REPLACED not in page(there)
    make.rules_published(site=built.site, document=rules_document(label="2026-02"))
    assert REPLACED in page(there)


@pytest.mark.parametrize("paper", PAPERS)
def test_there_is_no_paper_of_what_was_not_published(built: House, paper: str) -> None:
    assert status(f"/rules/{'0' * 64}/{paper}/") == 404
