"""WCAG 2.2 AA, computed from tokens.css itself: both themes, every pair in use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TEXT_MIN = 4.5
SHAPE_MIN = 3.0

TEXT_PAIRS = [
    ("ink", "ground"),
    ("ink", "sheet"),
    ("ink", "wash"),
    ("ink", "amber-wash"),
    ("ink-soft", "ground"),
    ("ink-soft", "sheet"),
    ("ink-soft", "wash"),
    ("jade", "ground"),
    ("jade", "sheet"),
    ("jade", "wash"),
    ("jade", "jade-wash"),
    ("jade-deep", "ground"),
    ("on-jade", "jade"),
    ("on-jade", "jade-deep"),
    ("amber", "ground"),
    ("amber", "amber-wash"),
    ("red", "ground"),
    ("red", "sheet"),
    ("red", "red-wash"),
    ("ground", "ink"),
    ("scan", "scan-ground"),
    ("ink", "scan-ground"),
    ("ink-soft", "scan-ground"),
]
# Borders of controls, focus rings, switches, the light of the camera, bars of charts.
SHAPE_PAIRS = [
    ("edge", "ground"),
    ("edge", "sheet"),
    ("jade", "ground"),
    ("jade", "sheet"),
    ("on-jade", "jade"),
    ("live", "ink"),
    ("red", "ground"),
    ("amber", "amber-wash"),
    ("ink-soft", "wash"),
]
# Staff pages only; paper and codes stay black on white in both.
NOT_IN_THE_DARK = {"scan-ground", "live"}


def in_themes(pairs: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    light = [("light", *pair) for pair in pairs]
    return light + [("dark", *pair) for pair in pairs if not NOT_IN_THE_DARK & {*pair}]


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))


def themes() -> dict[str, dict[str, str]]:
    css = (CSS / "tokens.css").read_text(encoding="utf-8")
    light, dark = css.split("@media screen and (prefers-color-scheme: dark)")
    dark, paper = dark.split("@media print")
    return {
        "light": tokens(light),
        "dark": {**tokens(light), **tokens(dark)},
        "paper": {**tokens(light), **tokens(paper)},
    }


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("theme", "text", "ground"), in_themes(TEXT_PAIRS))
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    values = themes()[theme]
    assert contrast(values[text], values[ground]) >= TEXT_MIN


@pytest.mark.parametrize(("theme", "shape", "ground"), in_themes(SHAPE_PAIRS))
def test_shapes_can_be_seen(theme: str, shape: str, ground: str) -> None:
    values = themes()[theme]
    assert contrast(values[shape], values[ground]) >= SHAPE_MIN


def test_only_tokens_name_a_colour() -> None:
    for sheet in CSS.glob("*.css"):
        if sheet.name != "tokens.css":
            found = re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", sheet.read_text("utf-8"))
            assert not found, f"{sheet.name}: {found}"


def test_every_token_used_is_defined() -> None:
    defined = set(
        re.findall(r"--([a-z0-9-]+):", (CSS / "tokens.css").read_text("utf-8"))
    )
    for sheet in CSS.glob("*.css"):
        used = set(re.findall(r"var\(--([a-z0-9-]+)\)", sheet.read_text("utf-8")))
        assert used <= defined, f"{sheet.name}: {used - defined}"


def test_the_twins_have_one_rule() -> None:
    """Neither twin can be dressed better: no selector knows which one it is."""
    for sheet in CSS.glob("*.css"):
        css = sheet.read_text("utf-8")
        assert "twin-" not in css
        assert not re.search(r"\.twins?[^{]*(:first|:last|:nth|\[value)", css)
