"""Address of the reading room."""

from __future__ import annotations

from django.urls import path

from audit.views import events

app_name = "audit"

urlpatterns = [path("log/", events, name="events")]
