"""Large type needs no script, and reading aloud is offered where a voice is."""

from __future__ import annotations

import pytest

from tests.leads import make
from tests.leads.browsers import KioskBrowser, Phone

pytestmark = pytest.mark.usefixtures("secrets_dir", "static_files")


@pytest.fixture
def office(db: object) -> make.Office:
    del db
    return make.office()


def test_large_type_is_remembered_and_taken_back(office: make.Office) -> None:
    phone = Phone()
    phone.open(KioskBrowser(office.house).code())
    assert "type-large" not in phone.get("/visit/").content.decode()
    answer = phone.post("/type/", {"size": "large", "next": "/visit/"})
    assert answer["Location"] == "/visit/"
    for path in ("/visit/", "/rules/"):
        page = phone.get(path).content.decode()
        assert "type-large" in page.split("<head>")[0], path
        assert "data-read-start hidden" in page, path
    phone.post("/type/", {"size": "usual", "next": "/visit/"})
    assert "type-large" not in phone.get("/visit/").content.decode()


@pytest.mark.parametrize("size", ["", "huge", "large; x=1"])
def test_another_size_is_none(office: make.Office, size: str) -> None:
    phone = Phone()
    phone.post("/type/", {"size": size, "next": "//elsewhere"})
    assert "size" not in phone.client.cookies


def test_it_leads_nowhere_else(office: make.Office) -> None:
    answer = Phone().post("/type/", {"size": "large", "next": "https://elsewhere/"})
    assert answer["Location"] == "/"
