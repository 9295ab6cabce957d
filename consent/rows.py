"""Rows with what they point to, read by a statement that was made once.

For the reads that every use of a face makes while somebody waits. Django builds its
statement anew each time, which takes it five times as long as all the rest: 5.0 ms of
processor time for nine consents with what they point to, 0.9 ms here (November 2026;
`python -m tests.benchmarks face_answer --json` tells the whole).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

from consent.models import Consent, Use

M = TypeVar("M", bound=models.Model)
ROW = "it"
"""What a condition calls the row itself; what it points to is called by its path."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The columns of one model in a row, and whose field points at it."""

    model: type[models.Model]
    names: list[str]
    columns: slice
    converters: list[tuple[int, Callable[..., Any]]]
    of: int
    field: models.ForeignKey[Any, Any] | None


class Rows(Generic[M]):
    """Reads rows of a model; the others that are named come with them."""

    def __init__(self, model: type[M], *others: str) -> None:
        """Say what is read.

        Args:
            model: of the rows.
            others: paths of its foreign keys, none of them nullable, each after what it
                begins with: `consent`, `consent__rules`.
        """
        self._model = model
        self._others = others

    def read(self, condition: str, values: Sequence[Any]) -> list[M]:
        """Return the rows that a condition finds.

        Args:
            condition: SQL from `WHERE` on; the row itself is `it`.
            values: of its placeholders.
        """
        statement, parts = self._made
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} {condition}", values)
            return [_loaded(parts, row) for row in cursor.fetchall()]

    @cached_property
    def _made(self) -> tuple[str, list[_Part]]:
        """Return the statement up to its condition, and what its columns are."""
        parts: list[_Part] = []
        places = {"": 0}
        columns: list[str] = []
        tables = f"{self._model._meta.db_table} {ROW}"  # noqa: SLF001 - its documented API
        _add(parts, columns, self._model, ROW, 0, None)
        for path in self._others:
            before, _, name = path.rpartition("__")
            of = places[before]
            field: Any = parts[of].model._meta.get_field(name)  # noqa: SLF001
            model = field.related_model
            places[path] = len(parts)
            tables += (
                f" JOIN {model._meta.db_table} {path}"  # noqa: SLF001
                f" ON {path}.{field.target_field.column}"
                f" = {before or ROW}.{field.column}"
            )
            _add(parts, columns, model, path, of, field)
        return f"SELECT {', '.join(columns)} FROM {tables}", parts  # noqa: S608 - names of ours


def _add(
    parts: list[_Part],
    columns: list[str],
    model: type[models.Model],
    alias: str,
    of: int,
    field: models.ForeignKey[Any, Any] | None,
) -> None:
    fields = model._meta.concrete_fields  # noqa: SLF001
    first = len(columns)
    columns.extend(f"{alias}.{one.column}" for one in fields)
    parts.append(
        _Part(
            model=model,
            names=[one.attname for one in fields],
            columns=slice(first, len(columns)),
            converters=[
                (place, convert)
                for place, one in enumerate(fields)
                if (convert := getattr(one, "from_db_value", None))
            ],
            of=of,
            field=field,
        )
    )


def _loaded(parts: Sequence[_Part], row: Sequence[Any]) -> Any:
    made: list[models.Model] = []
    for part in parts:
        values = list(row[part.columns])
        for place, convert in part.converters:
            values[place] = convert(values[place], None, connection)
        one = part.model.from_db(connection.alias, part.names, values)
        if part.field is not None:
            part.field.set_cached_value(made[part.of], one)
        made.append(one)
    return made[0]


CONSENTS = Rows(Consent, "rules", "subject", "site")
USES = Rows(Use, "subject", "consent", "consent__rules", "site", "kiosk")
