"""Addresses of the walk, of a visitor's own link, of the rules, of a new log."""

from __future__ import annotations

from django.urls import path

from consent.views.links import link_open
from consent.views.office import office
from consent.views.renewing import log_renew
from consent.views.rules import rules, rules_version
from consent.views.stop import stop, stop_off, stop_on
from consent.views.walks import choice, code_open, face, reconsider

app_name = "consent"

urlpatterns = [
    path("s/<slug:token>/", code_open, name="code_open"),
    path("visit/", choice, name="choice"),
    path("visit/face/", face, name="face"),
    path("visit/ask/", reconsider, name="reconsider"),
    path("me/open/", link_open, name="link_open"),
    path("log/renew/", log_renew, name="log_renew"),
    path("office/", office, name="office"),
    path("office/stop/", stop, name="stop"),
    path("office/stop/on/", stop_on, name="stop_on"),
    path("office/stop/<uuid:name>/off/", stop_off, name="stop_off"),
    path("rules/", rules, name="rules"),
    path("rules/<slug:sha256>/", rules_version, name="rules_version"),
]
