"""Kill many enrolments: `python -m tests.faults.enrolment_kill --count N [--seed S]`.

On a database cluster and key store of its own, thrown away afterwards. Prints counts;
exit 1 when anything was left that is neither nothing nor a whole enrolment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from salescenter import embedded
from tests import conftest
from tests.conftest import THROW_AWAY, Database
from tests.faults.killing import Place, kill_enrolments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=20261123)
    options = parser.parse_args()
    data = conftest._DATA
    secrets = data / "killed-secrets"
    temporary = data / "killed-tmp"
    for folder in (secrets, temporary):
        folder.mkdir(mode=0o700)
    try:
        with (
            embedded.ensure(settings=THROW_AWAY) as server,
            override_settings(
                SECRETS_DIR=secrets,
                KEYSTORE_DIR=secrets / "keystore",
                EPOCHS_DIR=secrets / "epochs",
            ),
        ):
            call_command("migrate", verbosity=0)
            database = Database(name=embedded.DATABASE, server=server)
            place = Place(
                database=database,
                environment=_environment(database, data, secrets, temporary),
                folders=[data],
                output=temporary / "output.log",
            )
            findings = kill_enrolments(place, count=options.count, seed=options.seed)
            connections.close_all()
    finally:
        shutil.rmtree(data, ignore_errors=True)
    print(findings.told())
    return 1 if findings.faults else 0


def _environment(
    database: Database, data: Path, secrets: Path, temporary: Path
) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(conftest.BASE_DIR),
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "salescenter.settings",
        "SALESCENTER_DATA": str(data),
        "DATABASE_URL": database.url("app"),
        "DATABASE_OWNER_URL": database.url("owner"),
        "SECRET_KEY": settings.SECRET_KEY,
        "SECRETS_DIR": str(secrets),
        "KEYSTORE_DIR": str(secrets / "keystore"),
        "EPOCHS_DIR": str(secrets / "epochs"),
        "TMPDIR": str(temporary),
    }


if __name__ == "__main__":
    sys.exit(main())
