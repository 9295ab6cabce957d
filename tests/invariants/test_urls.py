"""Every address, and who may open it. A new one without a row here fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from salescenter.roles import ROLES, staff_create
from tests.leads import make

pytestmark = pytest.mark.usefixtures("db", "secrets_dir", "static_files")

EVERYBODY = "everybody"
KIOSK = "kiosk"
WALK = "walk"
OWN_PAGE = "own page"
SOMEBODY = "1" * 8 + "-1111-7111-8111-" + "1" * 12

ADDRESSES: dict[str, str | set[str]] = {
    "home": EVERYBODY,
    "login": EVERYBODY,
    "logout": EVERYBODY,
    "language": EVERYBODY,
    "type_size": EVERYBODY,
    "consent:code_open": EVERYBODY,
    "consent:link_open": EVERYBODY,
    "consent:rules": EVERYBODY,
    "consent:rules_shared": EVERYBODY,
    "consent:rules_version": EVERYBODY,
    "consent:rules_file": EVERYBODY,
    "consent:rules_collected": EVERYBODY,
    "consent:rules_changes": EVERYBODY,
    "consent:rules_poster": EVERYBODY,
    "consent:rules_sheet": EVERYBODY,
    "consent:complain": EVERYBODY,
    "consent:complain_answer": EVERYBODY,
    "leads:kiosk_pair": EVERYBODY,
    "audit:verify": EVERYBODY,
    "consent:choice": WALK,
    "consent:face": WALK,
    "consent:guardian": WALK,
    "consent:reconsider": WALK,
    "leads:kiosk_paper": KIOSK,
    "leads:paper_issue": {"reception"},
    "leads:paper": {"reception"},
    "leads:details": WALK,
    "leads:done": WALK,
    "leads:camera_request": WALK,
    "leads:visit_again": WALK,
    "leads:me": OWN_PAGE,
    "leads:link_new": OWN_PAGE,
    "leads:again": OWN_PAGE,
    "leads:agent": OWN_PAGE,
    "leads:withdraw": OWN_PAGE,
    "leads:withdraw_all": OWN_PAGE,
    "leads:withdrawn": OWN_PAGE,
    "leads:restrict": OWN_PAGE,
    "leads:lift": OWN_PAGE,
    "leads:ask": OWN_PAGE,
    "leads:request": OWN_PAGE,
    "leads:correct": OWN_PAGE,
    "leads:copy": OWN_PAGE,
    "leads:receipt": OWN_PAGE,
    "leads:receipt_print": OWN_PAGE,
    "leads:kiosk_home": KIOSK,
    "leads:kiosk_state": KIOSK,
    "leads:kiosk_here": KIOSK,
    "leads:kiosk_desk": KIOSK,
    "leads:kiosk_guest": KIOSK,
    "leads:kiosk_answer": KIOSK,
    "leads:kiosk_forget": KIOSK,
    "leads:kiosk_return": KIOSK,
    "leads:return_pass": KIOSK,
    "leads:return_phone": KIOSK,
    "leads:return_face": KIOSK,
    "leads:return_search": KIOSK,
    "leads:return_consent": KIOSK,
    "leads:confirm_yes": KIOSK,
    "leads:confirm_no": KIOSK,
    "leads:camera_start": KIOSK,
    "leads:camera_again": KIOSK,
    "leads:capture": KIOSK,
    "leads:capture_frame": KIOSK,
    "leads:capture_hint": KIOSK,
    "leads:capture_burst": KIOSK,
    "leads:capture_stop": KIOSK,
    "leads:demo_frame": KIOSK,
    "leads:desk": {"reception", "manager"},
    "leads:desk_rows": {"reception", "manager"},
    "leads:desk_checkin": {"reception"},
    "leads:desk_reveal": {"reception"},
    "leads:lost_link": {"reception"},
    "leads:referral_new": {"reception"},
    "leads:referral_done": {"reception"},
    "leads:referral_receipt": {"reception"},
    "leads:decision": {"reception", "manager"},
    "leads:channels": {"manager"},
    "leads:reviews": {"manager"},
    "leads:review": {"manager"},
    "leads:channel_notice": EVERYBODY,
    "leads:attribution_rules": {"manager", "compliance", "inspector"},
    "leads:attribution_draft": {"manager", "compliance", "inspector"},
    "leads:attribution_try": {"manager", "compliance", "inspector"},
    "leads:attribution_draft_new": {"manager"},
    "leads:attribution_draft_write": {"manager"},
    "leads:attribution_draft_drop": {"manager"},
    "leads:attribution_draft_decide": {"manager", "compliance"},
    "consent:log_renew": {"compliance"},
    "consent:office": {"compliance", "inspector"},
    "consent:drafts": {"compliance", "inspector"},
    "consent:draft": {"compliance", "inspector"},
    "consent:draft_new": {"compliance"},
    "consent:draft_write": {"compliance"},
    "consent:draft_decide": {"compliance"},
    "consent:draft_drop": {"compliance"},
    "consent:assessment_suspend": {"compliance"},
    "consent:filings": {"compliance", "inspector"},
    "leads:faces_report": {"compliance", "inspector"},
    "consent:filings_pack": {"compliance", "inspector"},
    "consent:filing_record": {"compliance"},
    "consent:close": {"compliance"},
    "consent:close_ask": {"compliance"},
    "consent:close_approve": {"compliance"},
    "consent:close_drop": {"compliance"},
    "consent:close_report": {"compliance"},
    "consent:stop": {"compliance", "manager"},
    "consent:stop_on": {"compliance", "manager"},
    "consent:stop_off": {"compliance"},
    "consent:devices": {"compliance", "inspector"},
    "consent:device": {"compliance", "inspector"},
    "consent:device_new": {"compliance"},
    "consent:device_approved": {"compliance"},
    "consent:device_revoked": {"compliance"},
    "consent:parties": {"compliance", "inspector"},
    "consent:party": {"compliance", "inspector"},
    "consent:party_new": {"compliance"},
    "consent:party_approved": {"compliance"},
    "consent:party_ended": {"compliance"},
    "consent:party_closed": {"compliance"},
    "consent:picture": {"compliance", "inspector"},
    "consent:requests": {"compliance"},
    "consent:request": {"compliance"},
    "audit:events": {"compliance", "inspector"},
    "audit:event": {"compliance", "inspector"},
    "audit:days": {"compliance", "inspector"},
    "audit:day": {"compliance", "inspector"},
    "audit:sign_now": {"compliance"},
    "audit:exports": {"compliance", "inspector"},
    "audit:export_file": {"compliance", "inspector"},
    "audit:export_approve": {"compliance"},
    "audit:file": {"compliance", "inspector"},
    "audit:open": {"compliance", "inspector"},
    "audit:story": {"compliance", "inspector"},
}
CLOSED = {302, 403, 404, 410}


def _names(
    patterns: list[URLPattern | URLResolver], space: str = ""
) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _names(pattern.url_patterns, space + inner)
        else:
            assert pattern.name, pattern
            yield f"{space}{pattern.name}", list(pattern.pattern.converters)


def _paths() -> dict[str, str]:
    paths = {}
    for name, arguments in _names(get_resolver().url_patterns):
        values = {"token": "x", "sha256": "0" * 64, "person": 0, "seq": 0}
        kwargs = {one: values.get(one, SOMEBODY) for one in arguments}
        paths[name] = reverse(name, kwargs=kwargs)
    return paths


def test_every_address_has_its_row() -> None:
    assert set(_paths()) == set(ADDRESSES)


def _status(client: Client, path: str, method: str) -> int:
    answer = getattr(client, method)(path, headers={"accept": "text/html"})
    assert answer.status_code < 500, path
    if answer.status_code == 302 and "/login/" not in answer["Location"]:
        return 303
    return int(answer.status_code)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_in_particular_gets_in_nowhere_in_particular(method: str) -> None:
    make.office()
    for name, path in _paths().items():
        status = _status(Client(SERVER_NAME="127.0.0.1"), path, method)
        if ADDRESSES[name] == KIOSK:
            assert status in {403, 405}, name
        elif isinstance(ADDRESSES[name], set):
            assert status in {302, 405}, name
        elif ADDRESSES[name] in {WALK, OWN_PAGE}:
            assert status in {303, 404, 405, 410}, name


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_role_opens_its_own_pages_only(role: str, method: str) -> None:
    make.office()
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    staff = staff_create(username="somebody", password="x" * 20, role=role)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(staff)
    for name, path in _paths().items():
        if name == "logout":
            continue
        allowed = ADDRESSES[name]
        status = _status(client, path, method)
        if isinstance(allowed, set):
            if role not in allowed:
                assert status in {403, 405}, name
            else:
                assert status not in {302, 403}, name
        elif allowed == KIOSK:
            # A staff cookie is no kiosk.
            assert status in {403, 405}, name
