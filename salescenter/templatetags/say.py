"""`{% say %}`, `{% words %}` and `{% when %}`: what a page says, in both languages."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html

from audit.say import CHINESE, ENGLISH, Say

if TYPE_CHECKING:
    from django.template.base import NodeList, Parser, Token
    from django.template.context import Context

register = template.Library()

# The site's zone where a page knows it; every site of the first operators is here.
DEFAULT_ZONE: Final = ZoneInfo("Asia/Shanghai")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def _language(context: Context) -> str:
    """Return the language of the page, Chinese where nobody has chosen one."""
    language = context.get("lang")
    if language is None:
        language = getattr(context.get("request"), "LANGUAGE_CODE", CHINESE)
    return ENGLISH if language == ENGLISH else CHINESE


@register.simple_tag(takes_context=True)
def say(context: Context, zh: str, en: str, **values: object) -> str:
    """Return `zh` or `en`, with `{name}` replaced by the escaped keyword arguments."""
    text = conditional_escape(en if _language(context) == ENGLISH else zh)
    if not values:
        return text
    spoken = {name: _spoken(context, value) for name, value in values.items()}
    return format_html(text, **spoken)


@register.simple_tag(takes_context=True)
def spoken(context: Context, value: object) -> str:
    """Return a `Say`, a moment, or any other value in the language of the page."""
    return _escaped(_spoken(context, value))


@register.simple_tag(takes_context=True)
def when(
    context: Context,
    value: object,
    *,
    day: bool = False,
    clock: bool = False,
    exact: bool = False,
) -> str:
    """Return a `<time>` in the site's zone; words that are no moment stay as they are.

    Args:
        context: holds the language and the zone.
        value: an aware datetime, a date, either as ISO 8601 text, or words.
        day: leave the time of the day out.
        clock: leave the day out, where the page is about today.
        exact: to the second and with the zone, for officers.
    """
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if not isinstance(value, date):
        return _escaped("" if value is None else _spoken(context, value))
    if exact and isinstance(value, datetime):
        written = _local(context, value).isoformat(sep=" ", timespec="seconds")
    elif clock and isinstance(value, datetime):
        written = f"{_local(context, value):%H:%M}"
    else:
        written = _moment(context, value, day=day)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), written)


def _escaped(value: object) -> str:
    return conditional_escape(value if isinstance(value, str) else str(value))


def _spoken(context: Context, value: object) -> object:
    language = _language(context)
    if isinstance(value, Say):
        return value.text(language)
    if isinstance(value, date):
        return _moment(context, value, day=False)
    return value


def _local(context: Context, value: datetime) -> datetime:
    if timezone.is_naive(value):
        return value
    return timezone.localtime(value, context.get("zone") or DEFAULT_ZONE)


def _moment(context: Context, value: date, *, day: bool) -> str:
    """Write a date or an instant out, without depending on the server's locale."""
    language = _language(context)
    if isinstance(value, datetime):
        value = _local(context, value)
    if language == ENGLISH:
        written = f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    else:
        written = f"{value.year}年{value.month}月{value.day}日"
    if day or not isinstance(value, datetime):
        return written
    separator = ", " if language == ENGLISH else " "
    return f"{written}{separator}{value:%H:%M}"


class _Words(template.Node):
    """Two passages of which the page's language shows one."""

    child_nodelists = ("zh", "en")

    def __init__(self, zh: NodeList, en: NodeList) -> None:
        self.zh = zh
        self.en = en

    def render(self, context: Any) -> Any:
        chosen = self.en if _language(context) == ENGLISH else self.zh
        return chosen.render(context)


@register.tag
def words(parser: Parser, token: Token) -> _Words:
    """Parse `{% words %}中文{% en %}English{% endwords %}`, for longer passages."""
    del token
    zh = parser.parse(("en",))
    parser.delete_first_token()
    en = parser.parse(("endwords",))
    parser.delete_first_token()
    return _Words(zh, en)


@register.filter
def field_of(form: Any, purpose: str) -> Any:
    """Return the form's field for a purpose (`marketing.sms` → `marketing_sms`)."""
    name = purpose.replace(".", "_")
    return form[name] if form and name in form.fields else None
