"""Making the cluster, its roles and its database: once, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from salescenter import instance
from salescenter.accounts import Account
from salescenter.embedded.place import (
    DATABASE,
    MAJOR_VERSION,
    ROLES,
    EmbeddedError,
    Role,
    dsn,
    environment,
    programs,
)

SERVED: tuple[Role, ...] = ("owner", "app", "signer")
"""The roles that programs connect as."""


def initialize(data: Path, account: Account) -> None:
    """Make the cluster once, whole or not at all."""
    cluster = data / "postgres"
    if cluster.exists():
        _check_cluster(data, cluster)
        return
    half = data / "postgres.new"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    account.own(half)
    password = half / "password"
    descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(instance.secret("database_superuser") + "\n")
    account.own(password)
    installation, libraries = programs(account)
    made = subprocess.run(
        [
            installation / "bin" / "initdb",
            f"--pgdata={half / 'cluster'}",
            f"--username={ROLES['superuser']}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ],
        env=environment(libraries),
        cwd=half,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        **account.launch(),
    )
    if made.returncode:
        shutil.rmtree(half, ignore_errors=True)
        last = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise EmbeddedError(f"the database could not be made: {last}")
    (half / "cluster").rename(cluster)
    shutil.rmtree(half, ignore_errors=True)


def _check_cluster(data: Path, cluster: Path) -> None:
    try:
        version = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError:
        raise EmbeddedError(
            f"{cluster} is broken: PG_VERSION is missing; restore the folder from a"
            " backup, or move it away to begin anew"
        ) from None
    if version != MAJOR_VERSION:
        raise EmbeddedError(
            f"{cluster} belongs to PostgreSQL {version[:8]}, this is {MAJOR_VERSION}"
        )
    if not instance.secret_exists("database_superuser"):
        raise EmbeddedError(
            f"{instance.secrets_dir()} lacks the password of the database in {cluster}"
        )


def provision(data: Path) -> None:
    """Make the roles and the database when one is missing."""
    try:
        with psycopg.connect(
            **dsn(data, "superuser", "postgres"), autocommit=True
        ) as link:
            with psycopg.connect(
                **dsn(data, "superuser", "template1"), autocommit=True
            ) as template:
                _close_template(template)
            _provision_with(link)
    except psycopg.Error as error:
        raise EmbeddedError(
            f"the database refuses its own superuser ({type(error).__name__}); is"
            f" {instance.secrets_dir()} the one it was made with?"
        ) from None


# Large objects lie outside every table, and so outside every grant on tables.
_LARGE_OBJECTS = (
    "lo_creat(integer)",
    "lo_create(oid)",
    "lo_from_bytea(oid, bytea)",
    "lo_put(oid, bigint, bytea)",
    "lowrite(integer, bytea)",
)


def _close_template(link: psycopg.Connection[Any]) -> None:
    """Take from everybody what the app role needs nowhere; databases made copy it."""
    for function in _LARGE_OBJECTS:
        link.execute(
            sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(
                sql.SQL(function)
            )
        )
    for database in ("postgres", "template1"):
        link.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(
                sql.Identifier(database)
            )
        )


def _provision_with(link: psycopg.Connection[Any]) -> None:
    known = {row[0] for row in link.execute("SELECT rolname FROM pg_roles").fetchall()}
    made = link.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
    ).fetchone()
    for role in SERVED:
        # A role that a later version brought is made beside the database; while that
        # is still missing, a crash may have left one with another password.
        if not made or ROLES[role] not in known:
            _provision_role(link, role, known=ROLES[role] in known)
    if not made:
        # Last, because its presence says that all of this was done.
        link.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(ROLES["owner"])
            )
        )


def _provision_role(link: psycopg.Connection[Any], role: Role, *, known: bool) -> None:
    name = ROLES[role]
    password = link.pgconn.encrypt_password(
        instance.secret(f"database_{role}").encode(),
        name.encode(),
        b"scram-sha-256",
    )
    link.execute(
        sql.SQL(
            "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
            " PASSWORD {}"
        ).format(
            sql.SQL("ALTER" if known else "CREATE"),
            sql.Identifier(name),
            sql.Literal(password.decode()),
        )
    )
