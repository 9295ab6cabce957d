"""Addresses of the walk, of a visitor's own link, of the rules, of a new log."""

from __future__ import annotations

from django.urls import path

from consent.views import drafts
from consent.views.close import (
    close,
    close_approve,
    close_ask,
    close_drop,
    close_report,
)
from consent.views.complaints import complain, complain_answer
from consent.views.devices import (
    device,
    device_approved,
    device_new,
    device_revoked,
    devices,
    picture,
)
from consent.views.filings import filing_record, filings_pack, filings_page
from consent.views.links import link_open
from consent.views.office import office
from consent.views.paper import rules_poster, rules_sheet
from consent.views.parties import (
    parties,
    party,
    party_approved,
    party_closed,
    party_ended,
    party_new,
)
from consent.views.renewing import log_renew
from consent.views.requests import request_detail, request_list
from consent.views.rules import (
    rules,
    rules_changes,
    rules_collected,
    rules_file,
    rules_version,
)
from consent.views.shared import shared
from consent.views.stop import stop, stop_off, stop_on
from consent.views.walks import choice, code_open, face, guardian, reconsider

app_name = "consent"

urlpatterns = [
    path("s/<slug:token>/", code_open, name="code_open"),
    path("visit/", choice, name="choice"),
    path("visit/face/", face, name="face"),
    path("visit/guardian/", guardian, name="guardian"),
    path("visit/ask/", reconsider, name="reconsider"),
    path("me/open/", link_open, name="link_open"),
    path("log/renew/", log_renew, name="log_renew"),
    path("office/", office, name="office"),
    path("office/rules/", drafts.drafts, name="drafts"),
    path("office/rules/new/", drafts.draft_new, name="draft_new"),
    path("office/rules/<uuid:name>/", drafts.draft, name="draft"),
    path("office/rules/<uuid:name>/write/", drafts.draft_write, name="draft_write"),
    path("office/rules/<uuid:name>/decide/", drafts.draft_decide, name="draft_decide"),
    path("office/rules/<uuid:name>/drop/", drafts.draft_drop, name="draft_drop"),
    path(
        "office/assessments/<uuid:name>/suspend/",
        drafts.assessment_suspend,
        name="assessment_suspend",
    ),
    path("office/filings/", filings_page, name="filings"),
    path("office/filings/pack.zip", filings_pack, name="filings_pack"),
    path("office/filings/<uuid:name>/", filing_record, name="filing_record"),
    path("office/close/", close, name="close"),
    path("office/close/ask/", close_ask, name="close_ask"),
    path("office/close/<uuid:name>/approve/", close_approve, name="close_approve"),
    path("office/close/<uuid:name>/drop/", close_drop, name="close_drop"),
    path("office/close/<uuid:name>/report/", close_report, name="close_report"),
    path("office/requests/", request_list, name="requests"),
    path("office/requests/<uuid:name>/", request_detail, name="request"),
    path("complain/", complain, name="complain"),
    path("complain/answer/", complain_answer, name="complain_answer"),
    path("office/stop/", stop, name="stop"),
    path("office/stop/on/", stop_on, name="stop_on"),
    path("office/stop/<uuid:name>/off/", stop_off, name="stop_off"),
    path("office/devices/", devices, name="devices"),
    path("office/devices/new/", device_new, name="device_new"),
    path("office/devices/<uuid:name>/", device, name="device"),
    path(
        "office/devices/<uuid:name>/approve/", device_approved, name="device_approved"
    ),
    path("office/devices/<uuid:name>/revoke/", device_revoked, name="device_revoked"),
    path("office/parties/", parties, name="parties"),
    path("office/parties/new/", party_new, name="party_new"),
    path("office/parties/<uuid:name>/", party, name="party"),
    path("office/parties/<uuid:name>/approve/", party_approved, name="party_approved"),
    path("office/parties/<uuid:name>/end/", party_ended, name="party_ended"),
    path("office/parties/<uuid:name>/close/", party_closed, name="party_closed"),
    path("office/pictures/<slug:sha256>/", picture, name="picture"),
    path("rules/", rules, name="rules"),
    path("rules/shared/", shared, name="rules_shared"),
    path("rules/<slug:sha256>/", rules_version, name="rules_version"),
    path("rules/<slug:sha256>.json", rules_file, name="rules_file"),
    path("rules/<slug:sha256>/collected/", rules_collected, name="rules_collected"),
    path("rules/<slug:sha256>/poster/", rules_poster, name="rules_poster"),
    path("rules/<slug:sha256>/sheet/", rules_sheet, name="rules_sheet"),
    path("rules/<slug:old>/to/<slug:new>/", rules_changes, name="rules_changes"),
]
