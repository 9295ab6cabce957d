"""All addresses. The apps own theirs; here are the front door and the errors."""

from __future__ import annotations

from django.urls import include, path

from salescenter import views

urlpatterns = [
    path("", views.home, name="home"),
    path("language/", views.language, name="language"),
    path("type/", views.type_size, name="type_size"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("", include("consent.urls")),
    path("", include("leads.urls")),
    path("", include("audit.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.failed
