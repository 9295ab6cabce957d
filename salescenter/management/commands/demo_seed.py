"""Create the demonstration: operator, site, rules, channels, staff and a kiosk."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand

from audit import clock
from audit.drafts import Act
from consent.models import Kiosk, Operator, Site
from consent.services import devices, drafting, places, publishing
from leads import channels, rulemaking
from leads.demonstration import assessment, rules
from leads.demonstration import devices as drawn
from salescenter.roles import roles_sync, staff_create

SETUP = Act("setup", "system")
OPERATOR = "demo-qinghe"
SITE = "c-1"
KIOSK = "k-1"
DEVICE = "cam-1"
STAFF = {
    "reception": "reception",
    "manager": "manager",
    "compliance": "compliance",
    # Approves what the first one asks for.
    "compliance2": "compliance",
    "inspector": "inspector",
}
PASSWORD_BYTES = 9

ATTRIBUTION = {
    "version": "demo-2026-01",
    "effective_from": "2026-01-01T00:00:00+08:00",
    "timezone": "Asia/Shanghai",
    "region": "CN",
    "notice_days": 7,
    "defaults": {
        "min_lead_minutes": 30,
        "protection_days": 30,
        "lookback_days": 60,
        "ownership_days": 60,
        "quota_per_agent_per_day": 30,
        "masked_min_visible": 7,
        "family": "same_customer",
    },
    "kinds": {"citizen_agent": {"min_lead_minutes": 0}},
}
CHANNELS = (
    ("b-1", "安居分销（演示）", "Anju Brokers (demo)", "broker", ("a-11", "a-12")),
    ("r-1", "老业主推荐（演示）", "Residents (demo)", "resident", ("a-21",)),
)


class Command(BaseCommand):
    """Seed once; a database that has an operator already is left as it is."""

    help = "Create the demonstration operator, site, rules, channels, staff and kiosk."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Create what a try-out needs and print the passwords, this once."""
        if Operator.objects.exists():
            self.stdout.write("there is an operator already; nothing was changed")
            return
        roles_sync()
        operator = places.operator_create(
            code=OPERATOR,
            legal_name="青禾示范置业有限公司（演示，非真实企业）",
            demonstration_clock=True,
        )
        site = places.site_open(
            operator=operator,
            code=SITE,
            name_zh="青禾示范售楼处",
            name_en="Qinghe Demonstration Sales Center",
            act=SETUP,
        )
        acts = self._staff()
        author, approver = acts["compliance"], acts["compliance2"]
        self._publish(site, author=author, approver=approver)
        self._channels(site, author=acts["manager"], approver=approver)
        kiosk = places.kiosk_create(site=site, code=KIOSK, act=SETUP)
        self._device(kiosk, author, approver)

    def _staff(self) -> dict[str, Act]:
        """Create the staff, and return them as they act, by their accounts."""
        acts = {}
        self.stdout.write("demonstration staff, shown this once:")
        for username, role in STAFF.items():
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            staff = staff_create(username=username, password=password, role=role)
            acts[username] = Act(staff.code, role)
            self.stdout.write(f"  {username:<12}{password}")
        return acts

    def _device(self, kiosk: Kiosk, asking: Act, approving: Act) -> None:
        asked = devices.device_ask(
            code=DEVICE,
            kiosk=kiosk,
            kind="browser",
            place="entrance",
            zone=drawn.zone(),
            sign=drawn.sign(),
            until=None,
            act=asking,
        )
        devices.device_approve(device=asked.id, act=approving)

    def _publish(self, site: Site, *, author: Act, approver: Act) -> None:
        """Let one officer write the assessment and the rules, and another approve."""
        now = clock.now()
        local: datetime = now.astimezone(ZoneInfo(site.timezone))
        assessed = drafting.draft_begin(
            site=site, kind="assessment", document=assessment.document(), act=author
        )
        drafting.draft_submit(draft=assessed, act=author)
        publishing.assessment_approve(draft=assessed, act=approver)
        drafted = drafting.draft_begin(
            site=site,
            kind="rules",
            document=rules.document(label=f"DEMO {now:%Y-%m}", approved_at=local),
            act=author,
        )
        drafting.draft_submit(draft=drafted, act=author)
        publishing.rules_publish(draft=drafted, act=approver)

    def _channels(self, site: Site, *, author: Act, approver: Act) -> None:
        """Let the manager write the rules of attribution, and register the channels."""
        drafted = rulemaking.attribution_draft_begin(site=site, act=author)
        rulemaking.attribution_draft_save(
            draft=drafted, document=ATTRIBUTION, act=author
        )
        rulemaking.attribution_draft_submit(draft=drafted, act=author)
        rulemaking.attribution_publish(draft=drafted, act=approver)
        for code, name_zh, name_en, kind, agents in CHANNELS:
            channel = channels.channel_create(
                site=site, code=code, name_zh=name_zh, name_en=name_en, kind=kind
            )
            for agent in agents:
                channels.agent_create(channel=channel, code=agent, label=agent)
