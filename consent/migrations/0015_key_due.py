from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("consent", "0014_closings")]

    operations = [
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                fields=["id"],
                condition=~Q(state="active") & Q(key_event=None),
                name="consent_key_due",
            ),
        ),
    ]
