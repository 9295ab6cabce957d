"""The machine's one camera films before one kiosk: two would show each other's guests.

A database in which two were registered (nothing filmed with them) does not migrate
until one of them is revoked, on the page of the version before.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0019_gallery")]

    operations = [
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "local"), ("revoked_at", None)),
                fields=("kind",),
                name="consent_device_one_local",
            ),
        ),
    ]
