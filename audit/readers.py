"""The reading room's own rules: who reads, and what stands beside the events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator

from audit.drafts import Act
from audit.models import Index
from audit.selectors import PAGE_ROWS, event_list, log_current

ROLES = ("reception", "manager", "compliance", "admin", "inspector")

Panel = Callable[[], dict[str, Any]]

_PANELS: dict[str, Panel] = {}


def panel_register(name: str, panel: Panel) -> None:
    """Register what another app shows beside the events; from `AppConfig.ready`."""
    _PANELS[name] = panel


def panels() -> dict[str, Any]:
    """Return what the other apps show beside the events."""
    told: dict[str, Any] = {}
    for name in sorted(_PANELS):
        told.update(_PANELS[name]())
    return told


def staff_act(user: Any) -> Act:
    """Return a signed-in member of staff as the one who acts: a code and a role."""
    names = set(user.groups.values_list("name", flat=True))
    role = next((one for one in ROLES if one in names), "reception")
    return Act(user.code, role)


def page_of(
    *, kind: str, subject: str, consent: int | None, number: str
) -> tuple[Page[int], list[dict[str, Any]]]:
    """Return one page of event numbers, newest first, and its bodies."""
    # PostgreSQL takes no NUL in a text, and no event has one.
    kind, subject = kind.replace("\0", ""), subject.replace("\0", "")
    log = log_current()
    found = Index.objects.filter(log=log)
    if kind:
        found = found.filter(type=kind)
    if subject:
        found = found.filter(subject=subject)
    if consent is not None:
        found = found.filter(consent=consent)
    numbers = found.order_by("-seq").values_list("seq", flat=True).distinct()
    page = Paginator(numbers, PAGE_ROWS).get_page(number)
    shown = list(page.object_list)
    if not shown:
        return page, []
    return page, event_list(
        kind=kind,
        subject=subject,
        consent=consent,
        before=shown[0] + 1,
        rows=len(shown),
    )
