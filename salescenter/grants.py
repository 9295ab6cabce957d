"""What each role may do, table by table; applied by the owner after each migrate.

The app role owns nothing and creates nothing. A table that is not named here gets the
ordinary rights on rows; none ever gets TRUNCATE, TRIGGER or REFERENCES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

APP_ROLE = "salescenter_app"
SIGNER_ROLE = "salescenter_signer"

APPEND = ("SELECT", "INSERT")
FORWARD = ("SELECT", "INSERT", "UPDATE")
ORDINARY = ("SELECT", "INSERT", "UPDATE", "DELETE")
READ = ("SELECT",)

RIGHTS: dict[str, tuple[str, ...]] = {
    # Locking rows needs UPDATE; triggers say what may change.
    "audit_head": FORWARD,
    "audit_event": APPEND,
    "audit_body": APPEND,
    "audit_index": APPEND,
    # Tiles are written by the trigger on events, as the owner.
    "audit_tile": READ,
    "audit_carried": APPEND,
    # Signatures are the signer's: the app asks, and reads.
    "audit_checkpoint": READ,
    "audit_signer": READ,
    "audit_refusal": ("SELECT", "UPDATE"),
    "audit_signing": APPEND,
    "audit_export": FORWARD,
    "audit_document": APPEND,
    "consent_operator": FORWARD,
    "consent_site": FORWARD,
    "consent_kiosk": FORWARD,
    "consent_picture": APPEND,
    "consent_device": FORWARD,
    "consent_party": FORWARD,
    "consent_disclosure": APPEND,
    "consent_subject": FORWARD,
    "consent_consent": FORWARD,
    "consent_draft": FORWARD,
    "consent_guardianship": APPEND,
    "consent_rules": FORWARD,
    "consent_impactassessment": FORWARD,
    "consent_use": FORWARD,
    "consent_receipt": APPEND,
    "consent_request": FORWARD,
    "consent_pass": FORWARD,
    "consent_pagelink": FORWARD,
    "consent_stop": FORWARD,
    "consent_generation": FORWARD,
    "consent_siteclosing": FORWARD,
    "consent_filing": FORWARD,
    "leads_visit": FORWARD,
    "leads_decision": APPEND,
    "leads_answer": APPEND,
    "leads_attributiondraft": FORWARD,
    "leads_attributionrules": APPEND,
    "leads_referral": FORWARD,
    "leads_referralmatch": APPEND,
    "leads_ruling": APPEND,
    "salescenter_staff": FORWARD,
    "django_migrations": READ,
    "django_content_type": READ,
    "auth_permission": READ,
}


SIGNER_RIGHTS: dict[str, tuple[str, ...]] = {
    "audit_head": READ,
    "audit_event": READ,
    "audit_body": READ,
    "audit_tile": READ,
    "audit_checkpoint": APPEND,
    "audit_signer": FORWARD,
    "audit_refusal": APPEND,
    "audit_signing": ("SELECT", "UPDATE"),
}
"""The signer's role sees leaves and bodies of the log, and nothing of a person."""


def apply(
    connection: BaseDatabaseWrapper,
    *,
    app_role: str = APP_ROLE,
    signer_role: str = SIGNER_ROLE,
) -> None:
    """Give each role its rights and take every other one away.

    Args:
        connection: of the owner role.
        app_role: the role that serves.
        signer_role: the role of the signer.
    """
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        database = quoted(cursor.fetchone()[0])
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        tables = [row[0] for row in cursor.fetchall()]
        for role, rights in (
            (app_role, {table: RIGHTS.get(table, ORDINARY) for table in tables}),
            (signer_role, SIGNER_RIGHTS),
        ):
            _apply(cursor, database, quoted(role), rights, quoted)
        cursor.execute(
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public"
            f" TO {quoted(app_role)}"
        )


def _apply(
    cursor: CursorWrapper,
    database: str,
    role: str,
    rights: Mapping[str, tuple[str, ...]],
    quoted: Callable[[str], str],
) -> None:
    cursor.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}")
    cursor.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
    cursor.execute(f"REVOKE ALL ON SCHEMA public FROM PUBLIC, {role}")
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}")
    for table, named in rights.items():
        cursor.execute(f"GRANT {', '.join(named)} ON {quoted(table)} TO {role}")
