"""A search result to take away. Each stretch of it is logged before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from audit import clock
from audit.forms import SearchForm
from audit.reading.files import body_lines, table_head, table_rows
from audit.reading.logs import LogHead, logs
from audit.reading.search import numbers_found
from audit.views.room import language_of, reading, told, zone_first
from audit.views.search import form_of

TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@reading
def file(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send everything that fits a search, oldest first, as it stood when asked for."""
    known = logs()
    if form not in TYPES or not known:
        raise Http404
    asked = form_of(request, known)
    if not asked.is_valid():
        # The list says beside its fields what cannot be read.
        return redirect(f"{reverse('audit:events')}?{request.GET.urlencode()}")
    chosen = asked.log_shown
    content = _content(request, form, asked, chosen)
    # The first stretch is logged before any header is sent: no log, no file.
    response = StreamingHttpResponse(
        chain([next(content)], content), content_type=TYPES[form]
    )
    name = f"log-{chosen.log}-{clock.now():%Y%m%dT%H%M%SZ}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _content(
    request: HttpRequest, form: str, asked: SearchForm, chosen: LogHead
) -> Iterator[bytes]:
    language, zone = language_of(request), zone_first()

    def table(numbers: list[int]) -> bytes:
        return table_rows(log=chosen.log, numbers=numbers, zone=zone, language=language)

    def exact(numbers: list[int]) -> bytes:
        return body_lines(log=chosen.log, numbers=numbers)

    lines: Callable[[list[int]], bytes]
    head, lines = (table_head(), table) if form == "csv" else (b"", exact)
    sent = False
    for numbers in numbers_found(asked.search(), below=chosen.size):
        told(request, "file", rows=len(numbers))
        yield (b"" if sent else head) + lines(numbers)
        sent = True
    if not sent:
        told(request, "file", rows=0)
        yield head
