"""Looking changes nothing: a GET of a visitor's page writes no row and no event.

The one exception is the log's own duty: whoever reads a name and a number, the person
themself included, is written down (`contact.viewed`), and their own page shows both.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.urls import get_resolver, reverse

from audit.selectors import event_list
from consent.models import Receipt, Request, Walk
from leads.models import Visit
from tests import make
from tests.conftest import Database
from tests.invariants.test_urls import ADDRESSES, EVERYBODY, OWN_PAGE, SOMEBODY, WALK
from tests.invariants.test_urls import _names as names
from tests.leads import make as leads_make
from tests.leads.browsers import KioskBrowser, Phone

pytestmark = pytest.mark.usefixtures("secrets_dir", "static_files", "told_pages")

READS_A_NAME = "leads:me"
SESSIONS = "django_session"
DETAILS = {"name": "王小明", "phone": "138 1234 5678"}
YES = {"contact": "on", "attribution": "on", "age": "adult"}

Rows = dict[str, tuple[object, ...]]


@pytest.fixture
def office(db: Database) -> leads_make.Office:
    return leads_make.office()


@pytest.fixture
def owner(db: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with db.connect("owner") as link:
        yield link


def rows(link: psycopg.Connection[tuple[object, ...]]) -> Rows:
    """Return how many rows each table has, and the hash of all that is in them."""
    named = link.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    found: Rows = {}
    for (table,) in named:
        if table != SESSIONS:
            row = link.execute(
                "SELECT count(*), md5(string_agg(md5(one::text), '' ORDER BY"
                f' md5(one::text))) FROM public."{table}" one'
            ).fetchone()
            assert row is not None
            found[str(table)] = row
    return found


def paths(kinds: set[str], **values: object) -> dict[str, str]:
    """Return the address of each page of these kinds, with values that open it."""
    found = {}
    for name, arguments in names(get_resolver().url_patterns):
        if ADDRESSES[name] in kinds:
            known = {"token": "x", "sha256": "0" * 64, **values}
            kwargs = {one: known.get(one, SOMEBODY) for one in arguments}
            found[name] = reverse(name, kwargs=kwargs)
    return found


def looked(
    phone: Phone,
    link: psycopg.Connection[tuple[object, ...]],
    addresses: dict[str, str],
) -> dict[str, int]:
    """Look at each page with GET and HEAD; return the statuses of GET."""
    told = {}
    for name, path in addresses.items():
        for method in ("head", "get"):
            before, events = rows(link), len(event_list(rows=500))
            answer = getattr(phone.client, method)(path)
            assert answer.status_code < 500, name
            if name == READS_A_NAME and answer.status_code == 200:
                found = event_list(rows=500)
                newer = found[: len(found) - events]
                assert {one["type"] for one in newer} <= {"contact.viewed"}, name
            else:
                assert rows(link) == before, (name, method)
                assert len(event_list(rows=500)) == events, (name, method)
        told[name] = int(answer.status_code)
    return told


def test_at_every_page_of_a_walk_looking_changes_nothing(
    office: leads_make.Office, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    code = kiosk.code()
    scan = {**paths({WALK}), "consent:code_open": code}
    assert looked(phone, owner, scan)["consent:code_open"] == 200
    phone.open(code)
    assert looked(phone, owner, scan)["consent:choice"] == 200
    phone.post("/visit/", YES)
    assert looked(phone, owner, scan)["consent:face"] == 200
    phone.post("/visit/face/", {"answer": "face"})
    assert looked(phone, owner, scan)["leads:details"] == 200
    phone.post("/visit/details/", DETAILS)
    assert Visit.objects.count() == 1
    assert looked(phone, owner, scan)["leads:done"] == 200


def test_a_guardian_may_look_and_leave(
    office: leads_make.Office, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    document = {**make.rules_document("2026-02"), "minors": {"contact": True}}
    make.rules_published(site=office.site, document=document)
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", {"contact": "on", "age": "under_14"})
    assert looked(phone, owner, paths({WALK}))["consent:guardian"] == 200
    assert not Visit.objects.exists()
    answer = phone.client.post("/visit/guardian/", {"answer": "no", "language": "en"})
    assert answer["Location"] == "/visit/done/"
    assert Visit.objects.count() == 1
    assert looked(phone, owner, paths({WALK}))["leads:done"] == 200


def test_an_arrival_that_was_interrupted_is_finished_by_a_press(
    office: leads_make.Office,
    owner: psycopg.Connection[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.open(kiosk.code())
    phone.post("/visit/", YES)
    phone.post("/visit/face/", {"answer": "plain"})
    with monkeypatch.context() as broken:
        broken.setattr("consent.endings._ENDINGS", [])
        phone.post("/visit/details/", DETAILS)
    assert Walk.objects.get(opened_at__isnull=False).finished_at is None
    assert looked(phone, owner, paths({WALK}))["leads:done"] == 200
    assert not Visit.objects.exists()
    assert phone.post("/visit/done/")["Location"] == "/visit/done/"
    assert phone.post("/visit/done/")["Location"] == "/visit/done/"
    assert Visit.objects.count() == 1
    assert phone.get("/visit/done/").context["pass_code"]


def test_on_ones_own_page_and_for_everybody_looking_changes_nothing(
    office: leads_make.Office, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact", "attribution"), details=DETAILS)
    phone.post("/me/ask/", {"kind": "explain", "words": "为什么", "purpose": ""})
    phone.post("/complain/", {"kind": "complaint", "words": "太吵了"})
    own = {
        **paths({OWN_PAGE}),
        "leads:request": reverse(
            "leads:request", args=[Request.objects.get(subject__isnull=False).id]
        ),
        "leads:receipt": reverse("leads:receipt", args=[Receipt.objects.get().id]),
        "leads:receipt_print": reverse(
            "leads:receipt_print", args=[Receipt.objects.get().id]
        ),
    }
    told = looked(phone, owner, own)
    for name in ("me", "request", "receipt", "receipt_print", "ask", "correct"):
        assert told[f"leads:{name}"] == 200, name
    phone.post("/me/stop/", {"purpose": "attribution"})
    assert looked(phone, owner, own)["leads:withdrawn"] == 200
    sha256 = office.house.rules.sha256
    told = looked(
        phone, owner, paths({EVERYBODY}, sha256=sha256, old=sha256, new=sha256)
    )
    for name in ("rules", "rules_changes", "rules_poster", "complain_answer"):
        assert told[f"consent:{name}"] == 200, name


def test_only_reading_a_name_is_in_the_log(office: leads_make.Office) -> None:
    kiosk, phone = KioskBrowser(office.house), Phone()
    phone.walk(kiosk.code(), yes=("contact",), details=DETAILS)
    before = len(event_list(kind="contact.viewed", rows=500))
    assert phone.get("/me/").status_code == 200
    assert len(event_list(kind="contact.viewed", rows=500)) == before + 1
