"""Which role may do what; apps ask for permissions by codename only."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from audit.bundle import Scope
from salescenter.models import Staff

ROLES: dict[str, tuple[str, ...]] = {
    "reception": ("view_desk", "add_referral_desk", "reveal_contact", "view_decision"),
    "manager": (
        "view_desk",
        "view_dashboard",
        "view_decision",
        "rule_visit",
        "stop_faces",
        "view_attribution",
        "draft_attribution",
        "publish_attribution",
    ),
    "compliance": (
        "read_log",
        "export_log",
        "identify_export",
        "approve_export",
        "release_log",
        "view_office",
        "draft_rules",
        "approve_rules",
        "answer_request",
        "stop_faces",
        "release_stop",
        "keep_registers",
        "file_filings",
        "close_site",
        # The second person where a site has one manager.
        "view_attribution",
        "publish_attribution",
    ),
    "inspector": ("read_log", "export_log", "view_office", "view_attribution"),
}


def roles_sync() -> None:
    """Make the groups hold exactly the permissions of the table; MUST follow migrate.

    Raises:
        LookupError: the table names a permission that no app declares.
    """
    for role, codenames in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        found = list(Permission.objects.filter(codename__in=codenames))
        missing = set(codenames) - {permission.codename for permission in found}
        if missing:
            message = f"no app declares {', '.join(sorted(missing))}"
            raise LookupError(message)
        group.permissions.set(found)


def staff_lines(scope: Scope) -> Iterator[bytes]:
    """Yield code, account and role of everybody who works here, for an export."""
    del scope
    for staff in Staff.objects.order_by("id").prefetch_related("groups"):
        told = {
            "code": staff.code,
            "account": staff.username,
            "roles": sorted(group.name for group in staff.groups.all()),
            "active": staff.is_active,
        }
        yield json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")


def staff_create(*, username: str, password: str, role: str) -> Staff:
    """Create an account with one role."""
    with transaction.atomic():
        staff = Staff.objects.create_user(username, password)
        staff.groups.add(Group.objects.get(name=role))
    return staff
