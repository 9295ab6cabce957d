"""Staff: the people who work with the program, known to the log by a code."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from audit import clock
from audit.ids import uuid7


def staff_code() -> str:
    """Return a new random code, which stands for a member of staff in the log."""
    return f"st-{secrets.token_hex(6)}"


class StaffManager(BaseUserManager["Staff"]):
    """Create accounts; nobody is made a superuser."""

    def create_user(self, username: str, password: str, **fields: Any) -> Staff:
        """Create an account with a password."""
        staff = self.model(username=username, **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(AbstractBaseUser, PermissionsMixin):
    """An account of one person; closed, never deleted: the log stays readable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=40, unique=True)
    code = models.CharField(max_length=20, unique=True, default=staff_code)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="salescenter_staff_no_superuser",
                condition=models.Q(is_superuser=False),
            )
        ]

    def __str__(self) -> str:
        return self.code
