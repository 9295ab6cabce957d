"""What the app role may do, table by table; applied by the owner after each migrate.

The app role owns nothing and creates nothing. A table that is not named here gets the
ordinary rights on rows; none ever gets TRUNCATE, TRIGGER or REFERENCES.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

APP_ROLE = "salescenter_app"

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
    "audit_checkpoint": APPEND,
    "audit_document": APPEND,
    "consent_operator": FORWARD,
    "consent_site": FORWARD,
    "consent_kiosk": FORWARD,
    "consent_subject": FORWARD,
    "consent_consent": FORWARD,
    "consent_rules": FORWARD,
    "consent_impactassessment": FORWARD,
    "consent_use": FORWARD,
    "consent_receipt": APPEND,
    "consent_pass": FORWARD,
    "consent_pagelink": FORWARD,
    "leads_visit": FORWARD,
    "leads_decision": APPEND,
    "leads_attributionrules": APPEND,
    "leads_referral": FORWARD,
    "leads_referralmatch": APPEND,
    "salescenter_staff": FORWARD,
    "django_migrations": READ,
    "django_content_type": READ,
    "auth_permission": READ,
}


def apply(connection: BaseDatabaseWrapper, *, app_role: str = APP_ROLE) -> None:
    """Give the app role its rights and take every other one away.

    Args:
        connection: of the owner role.
        app_role: the role that serves.
    """
    quoted = connection.ops.quote_name
    role = quoted(app_role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        database = quoted(cursor.fetchone()[0])
        cursor.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}")
        cursor.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
        cursor.execute(f"REVOKE ALL ON SCHEMA public FROM PUBLIC, {role}")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}")
        cursor.execute(
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
        )
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        for (table,) in cursor.fetchall():
            rights = ", ".join(RIGHTS.get(table, ORDINARY))
            cursor.execute(f"GRANT {rights} ON {quoted(table)} TO {role}")
