"""Every template speaks both languages and obeys the content security policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from audit.say import Say

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
SAY = re.compile(r"{%\s*say\s+(.*?)%}", re.DOTALL)
TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
WORDS = re.compile(
    r"{%\s*words\s*%}(.*?){%\s*en\s*%}(.*?){%\s*endwords\s*%}", re.DOTALL
)
COMMENT = re.compile(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
PLACEHOLDER = re.compile(r"{(\w+)}")


def source(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def markup(path: Path) -> str:
    """Return the template without Django's tags, whose quotes confuse attributes."""
    return re.sub(r"{[%{].*?[%}]}", "x", source(path), flags=re.DOTALL)


@pytest.fixture(params=TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def template(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 40


def test_no_inline_style_and_no_inline_script(template: Path) -> None:
    html = markup(template)
    assert not re.search(r"<[^>]*\sstyle\s*=", html)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", html)
    assert "<style" not in html
    assert "javascript:" not in html
    for script in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
        assert "src=" in script[0]
        assert not script[1].strip()


def test_no_asset_of_a_third_party(template: Path) -> None:
    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", source(template))


def test_both_languages_are_said(template: Path) -> None:
    for said in SAY.findall(source(template)):
        texts = [text[1:-1] for text in TEXT.findall(said)]
        assert len(texts) >= 2, said
        chinese, english = texts[:2]
        assert chinese.strip(), said
        assert english.strip(), said
        assert CHINESE.search(chinese), said
        assert not CHINESE.search(english), said
        assert set(PLACEHOLDER.findall(chinese)) == set(PLACEHOLDER.findall(english))
        for name in PLACEHOLDER.findall(chinese):
            assert re.search(rf"\b{name}=", said), said


def test_longer_passages_are_in_both_languages(template: Path) -> None:
    text = source(template)
    assert text.count("{% words %}") == len(WORDS.findall(text))
    for chinese, english in WORDS.findall(text):
        assert CHINESE.search(chinese)
        assert english.strip()
        assert not CHINESE.search(english)


def test_no_chinese_outside_of_say_and_words(template: Path) -> None:
    if template.name == "_language.html":
        return  # each language names itself
    rest = WORDS.sub("", SAY.sub("", source(template)))
    assert not CHINESE.search(rest), CHINESE.search(rest)


def test_every_form_that_posts_carries_its_token(template: Path) -> None:
    for form in re.findall(
        r"<form[^>]*method=\"post\".*?</form>", source(template), re.DOTALL
    ):
        assert "{% csrf_token %}" in form


def test_every_field_has_a_label(template: Path) -> None:
    html = source(template)
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        if 'type="hidden"' in field:
            continue
        name = re.search(r"\sid=\"([^\"]+)\"", field)
        wrapped = re.search(
            rf"<label[^>]*>(?:(?!</label>).)*{re.escape(field)}", html, re.DOTALL
        )
        assert wrapped or (name and f'for="{name.group(1)}"' in html), field


def test_the_camera_script_is_loaded_by_one_page_only() -> None:
    loading = [path.name for path in TEMPLATES if "camera.js" in source(path)]
    assert loading == ["kiosk_camera.html"]
    asking = [
        path.name for path in SCRIPTS if ".getUserMedia(" in path.read_text("utf-8")
    ]
    assert asking == ["camera_source.js"]


def test_the_twins_are_alike() -> None:
    """Same tags and classes; equally long words in both languages."""
    pairs = [
        ("consent/_twin_face.html", "consent/_twin_plain.html"),
        ("leads/_twin_compare.html", "leads/_twin_other.html"),
    ]
    for one, other in pairs:
        texts = [source(ROOT / "templates" / name) for name in (one, other)]
        shapes = [
            re.findall(r"<(?:button|b|span)[^>]*class=\"[^\"]*\"|<b>|<span>", t)
            for t in texts
        ]
        assert shapes[0] == shapes[1]
        words = [
            [TEXT.findall(said)[:2] for said in SAY.findall(text)] for text in texts
        ]
        for left, right in zip(words[0], words[1], strict=True):
            assert len(left[0]) == len(right[0])
            assert abs(len(left[1]) - len(right[1])) <= 2


def test_say_escapes_what_it_is_given() -> None:
    page = Template('{% load say %}{% say "您好，{name}" "Hello, {name}" name=name %}')
    said = page.render(Context({"lang": "en", "name": "<b>"}))
    assert said == "Hello, &lt;b&gt;"
    assert page.render(Context({"name": "王"})) == "您好，王"


def test_spoken_chooses_the_language() -> None:
    page = Template("{% load say %}{% spoken value %}")
    value = Say(zh="好的", en="Fine")
    assert page.render(Context({"lang": "en", "value": value})) == "Fine"
    assert page.render(Context({"lang": "zh-hans", "value": value})) == "好的"


def test_words_show_one_language() -> None:
    page = Template("{% load say %}{% words %}甲{% en %}A{% endwords %}")
    assert page.render(Context({"lang": "en"})) == "A"
    assert page.render(Context({"lang": "zh-hans"})) == "甲"
