"""The inventory of what the database must refuse.

Constraints, triggers, functions and the app role's rights are listed one to a line
and compared at start-up with the list that this version ships
(`salescenter/inventory.txt`). A program whose guards are missing does not serve.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

_QUERIES = (
    """SELECT 'constraint ' || c.conrelid::regclass || ' ' || c.conname || ' '
              || md5(pg_get_constraintdef(c.oid))
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
        WHERE t.relnamespace = 'public'::regnamespace
          AND c.contype IN ('p', 'u', 'f', 'c', 'x') AND NOT t.relispartition""",
    """SELECT 'index ' || indexname || ' ' || md5(indexdef) FROM pg_indexes i
         JOIN pg_class t ON t.relname = i.tablename
              AND t.relnamespace = 'public'::regnamespace
        WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'
          AND NOT t.relispartition""",
    """SELECT 'trigger ' || g.tgrelid::regclass || ' ' || g.tgname || ' '
              || g.tgenabled::text || ' ' || md5(pg_get_triggerdef(g.oid))
         FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
        WHERE NOT g.tgisinternal AND t.relnamespace = 'public'::regnamespace
          AND NOT t.relispartition""",
    """SELECT 'function ' || p.proname || ' ' || p.prosecdef::text || ' '
              || md5(p.prosrc || coalesce(p.proconfig::text, ''))
         FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""",
    """SELECT 'not-null ' || a.attrelid::regclass || ' ' || a.attname
         FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
          AND a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped
          AND NOT t.relispartition""",
    """SELECT 'right ' || t.relname || ' ' || r.named
         FROM pg_class t
         CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
                                 'TRIGGER']) AS r(named)
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
          AND NOT t.relispartition
          AND has_table_privilege(current_user, t.oid, r.named)""",
    """SELECT 'right of ' || r.grantee || ' ' || t.relname || ' ' || p.named
         FROM pg_class t
         CROSS JOIN (SELECT rolname AS grantee FROM pg_roles
                      WHERE rolname = 'salescenter_signer') r
         CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
                                 'TRIGGER']) AS p(named)
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
          AND NOT t.relispartition
          AND has_table_privilege(r.grantee, t.oid, p.named)""",
    """SELECT 'unlogged ' || relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
          AND relpersistence = 'u'""",
)


def installed() -> list[str]:
    """Return what this database refuses and what the current role may, sorted.

    MUST be asked on a connection of the app role.
    """
    lines: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = public")
        for query in _QUERIES:
            cursor.execute(query)
            lines.extend(row[0] for row in cursor.fetchall())
        lines.extend(_role(cursor))
    return sorted(lines)


def _role(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls,"
        " EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid),"
        " has_schema_privilege('public', 'CREATE'),"
        " has_database_privilege(current_database(), 'CREATE'),"
        " has_database_privilege(current_database(), 'TEMP')"
        " FROM pg_roles WHERE rolname = current_user"
    )
    names = (
        "superuser",
        "creates roles",
        "creates databases",
        "bypasses row security",
        "owns tables",
        "creates in the schema",
        "creates schemas",
        "creates temporary tables",
    )
    return [
        f"role {name}"
        for name, true in zip(names, cursor.fetchone(), strict=True)
        if true
    ]


def difference(*, expected: list[str], found: list[str]) -> list[str]:
    """Return one line for each guard that is missing, changed or too many."""
    missing = [f"missing: {line}" for line in sorted(set(expected) - set(found))]
    extra = [f"unknown: {line}" for line in sorted(set(found) - set(expected))]
    return missing + extra
