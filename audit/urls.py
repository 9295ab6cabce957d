"""Addresses of the reading room, and of the verifier's page for everybody."""

from __future__ import annotations

from django.urls import path

from audit.views.days import day, days, sign_now
from audit.views.events import event
from audit.views.exports import approve, export_file, exports
from audit.views.files import file
from audit.views.questions import open_questions
from audit.views.search import events
from audit.views.stories import story
from audit.views.verify import verify

app_name = "audit"

urlpatterns = [
    path("log/", events, name="events"),
    path("log/event/<int:seq>/", event, name="event"),
    path("log/day/", days, name="days"),
    path("log/day/sign/", sign_now, name="sign_now"),
    path("log/day/<slug:day>/", day, name="day"),
    path("log/exports/", exports, name="exports"),
    path("log/exports/<uuid:export>/", export_file, name="export_file"),
    path("log/exports/<uuid:export>/approve/", approve, name="export_approve"),
    path("log/file/<slug:form>/", file, name="file"),
    path("log/open/", open_questions, name="open"),
    path("verify/", verify, name="verify"),
    path("log/story/<slug:subject>/", story, name="story"),
]
