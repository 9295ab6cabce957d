"""Pages of the rules of attribution: written, tried, published by another, told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.selectors import event_list
from leads.models import AttributionDraft, AttributionRules
from salescenter.roles import roles_sync, staff_create
from tests.leads import make
from tests.leads.test_decisions import arrives, visitor

pytestmark = pytest.mark.usefixtures("static_files")


def signed_in(role: str, name: str = "") -> Client:
    roles_sync()
    staff = staff_create(username=name or role, password="x" * 20, role=role)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(staff)
    return client


@pytest.fixture
def writer(office: make.Office) -> Client:
    return signed_in("manager", "writer")


def begun(writer: Client) -> AttributionDraft:
    writer.post("/channels/rules/new/")
    return AttributionDraft.objects.get(outcome=None)


def write(
    client: Client, draft: AttributionDraft, then: str = "save", **fields: str
) -> Any:
    posted = {name.replace("__", "/"): value for name, value in fields.items()}
    return client.post(f"/channels/rules/{draft.id}/write/", {**posted, "then": then})


def text(client: Client, path: str) -> str:
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def test_one_writes_another_publishes_and_the_channels_read(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    write(writer, draft, defaults__protection_days="45",
          kinds__broker__min_lead_minutes="60")  # fmt: skip
    page = text(writer, f"/channels/rules/{draft.id}/")
    assert "30 天" in page
    assert "45 天" in page
    assert "60 分钟" in page
    assert "还不能公布" not in page
    write(writer, draft, then="submit")
    other = signed_in("compliance")
    assert "等您来看" in text(other, "/channels/rules/")
    assert f"/channels/rules/{draft.id}/" in text(other, "/office/")
    other.post(f"/channels/rules/{draft.id}/decide/", {"then": "publish"})
    rules = AttributionRules.objects.get(draft=draft)
    assert rules.document["defaults"]["protection_days"] == 45
    assert rules.document["kinds"] == {"broker": {"min_lead_minutes": 60}}
    assert len(event_list(kind="attribution.published")) == 2
    notice = text(Client(SERVER_NAME="127.0.0.1"), "/channels/notice/")
    for words in (
        *("现行", "In force", "将要生效", "To come", rules.version),
        *("45 天", "45 days", "分销 60 分钟", "Broker: 60 minutes", "A14"),
        # In the zone of the rules, whatever the server's is.
        *("2026-01-01 00:00 (Asia/Shanghai)", f"{rules.version[2:]} 00:00"),
    ):
        assert words in notice


def test_the_author_cannot_publish_and_no_button_says_so(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    write(writer, draft, then="submit", defaults__protection_days="45")
    page = text(writer, f"/channels/rules/{draft.id}/")
    assert "/decide/" not in page
    answer = writer.post(f"/channels/rules/{draft.id}/decide/", {"then": "publish"})
    assert answer.status_code == 403
    assert AttributionRules.objects.count() == 1


def test_what_is_wrong_stands_beside_its_field(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    write(writer, draft, then="submit", defaults__protection_days="soon",
          day="2026-11-01", kinds__online__quota_per_agent_per_day="0")  # fmt: skip
    draft.refresh_from_db()
    assert draft.submitted_at is None
    page = text(writer, f"/channels/rules/{draft.id}/")
    assert 'value="soon"' in page
    for path, words in (
        ("defaults/protection_days", "要填一个整数"),
        ("day", "生效日太近"),
        ("kinds/online/quota_per_agent_per_day", "超出了允许的范围"),
    ):
        beside = page.split(f'id="{path}-found"')[1][:200]
        assert words in beside


def test_an_empty_field_of_a_kind_is_as_for_all(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    write(writer, draft, kinds__broker__min_lead_minutes="60")
    write(writer, draft, kinds__broker__min_lead_minutes="")
    draft.refresh_from_db()
    assert draft.document["kinds"] == {}


@pytest.mark.parametrize("field", ["version", "timezone", "kinds/broker/family", "x"])
def test_no_other_field_is_taken(
    office: make.Office, writer: Client, field: str
) -> None:
    draft = begun(writer)
    answer = writer.post(f"/channels/rules/{draft.id}/write/", {field: "1"})
    assert answer.status_code == 400
    draft.refresh_from_db()
    assert draft.document["version"].startswith("v-")


def test_a_draft_is_tried_on_past_visits(office: make.Office, writer: Client) -> None:
    make.announced(office.broker)
    decision = arrives(office, visitor(office))
    draft = begun(writer)
    answer = write(writer, draft, then="try", defaults__min_lead_minutes="30")
    page = text(writer, answer["Location"])
    assert "渠道b-1" in page
    assert "自然来访" in page
    assert f"/decisions/{decision.id}/" in page
    assert event_list(kind="attribution.published")[1:] == []
    unchanged = write(writer, draft, then="try", defaults__min_lead_minutes="0")
    assert "一次也不会不一样" in text(writer, unchanged["Location"])


def test_what_cannot_be_judged_is_not_tried(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    write(writer, draft, defaults__protection_days="x")
    answer = writer.get(f"/channels/rules/{draft.id}/try/")
    assert answer["Location"] == f"/channels/rules/{draft.id}/"
    # When it takes effect plays no part.
    write(writer, draft, defaults__protection_days="20", day="")
    assert writer.get(f"/channels/rules/{draft.id}/try/").status_code == 200


def test_a_returned_draft_tells_why_and_can_be_gone_on_from(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    write(writer, draft, then="submit", defaults__protection_days="45")
    other = signed_in("manager", "other")
    path = f"/channels/rules/{draft.id}/decide/"
    other.post(path, {"then": "return", "note": ""})
    draft.refresh_from_db()
    assert draft.outcome is None
    other.post(path, {"then": "return", "note": "太长了"})
    assert "太长了" in text(writer, f"/channels/rules/{draft.id}/")
    writer.post("/channels/rules/new/", {"source": str(draft.id)})
    again = AttributionDraft.objects.get(outcome=None)
    assert again.document["defaults"]["protection_days"] == 45


def test_somebody_elses_draft_is_read_and_not_written(
    office: make.Office, writer: Client
) -> None:
    draft = begun(writer)
    other = signed_in("manager", "other")
    page = text(other, f"/channels/rules/{draft.id}/")
    assert 'name="defaults/protection_days"' not in page
    assert write(other, draft, defaults__protection_days="9").status_code == 403
    inspector = signed_in("inspector")
    assert "起草新版" not in text(inspector, "/channels/rules/")


def test_a_site_without_rules_has_a_notice_that_says_so(
    db: object, secrets_dir: object
) -> None:
    from tests import make as houses

    houses.house()
    page = text(Client(SERVER_NAME="127.0.0.1"), "/channels/notice/")
    assert "No rules are published yet" in page
