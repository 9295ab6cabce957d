"""Log lines that say where something failed and never with what value."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

# Their messages carry the path of the request, and a path can carry a code.
_NAMES_A_REQUEST = ("django.request", "django.security", "django.server")


class ReservedFormatter(logging.Formatter):
    """Print the kind of an exception and its places in the code, not its text.

    The text of a database error repeats the offending row; that of a decoder, a piece
    of the frame. Neither may reach a log.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and the places of an exception under it."""
        if record.name.startswith(_NAMES_A_REQUEST) or record.exc_info:
            record = logging.makeLogRecord(
                {**record.__dict__, "msg": _without_values(record), "args": ()}
            )
            record.exc_text = None
        return super().format(record)

    def formatException(self, ei: object) -> str:
        """Return type and places of an exception and of what caused it."""
        lines: list[str] = []
        error = ei[1] if isinstance(ei, tuple) else None
        seen: set[int] = set()
        while isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            lines.extend(_places(error.__traceback__))
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


def _places(trace: TracebackType | None) -> list[str]:
    return [
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]


def _without_values(record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if request is None:
        return str(record.msg)
    match = getattr(request, "resolver_match", None)
    route = match.view_name if match and match.view_name else "-"
    return " ".join(
        [
            str(getattr(record, "status_code", "-")),
            str(getattr(request, "method", "-")),
            route,
            getattr(request, "request_id", "-"),
        ]
    )
