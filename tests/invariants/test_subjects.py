"""No app holds something of a person that they cannot see, or that never ends."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Model

from consent import erasure, holdings
from consent.models import Subject

EXEMPT = {
    "consent.Consent": "each is shown with its state on the person's own page",
    "consent.CaptureSession": "goes with its use, at the latest after two minutes",
    "consent.PageLink": "told of together with the pass",
}
APPS = ("audit", "consent", "faces", "leads", "salescenter")


def _leads_to_subject(model: type[Model], seen: frozenset[type[Model]]) -> bool:
    if model is Subject:
        return True
    return any(
        field.many_to_one or field.one_to_one
        for field in model._meta.get_fields()
        if field.concrete
        and isinstance(field.related_model, type)
        and field.related_model not in seen
        and _leads_to_subject(field.related_model, seen | {model})
    )


def test_every_model_with_a_path_to_a_person_is_erased_or_told_of() -> None:
    told = set(erasure.registered()) | set(holdings.registered()) | set(EXEMPT)
    models = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in APPS
        and model is not Subject
        and _leads_to_subject(model, frozenset())
    }
    assert "faces.FaceTemplate" in models
    assert models - told == set()


def test_no_exemption_is_left_over() -> None:
    labels = {model._meta.label for model in apps.get_models()}
    registered = set(erasure.registered()) | set(holdings.registered())
    assert set(EXEMPT) <= labels
    assert registered <= labels
    assert not set(EXEMPT) & registered


def test_a_subject_holds_nothing_but_identifiers() -> None:
    names = {field.name for field in Subject._meta.concrete_fields}
    assert names == {"id", "pseudonym"}
