"""Error rates on anybody's pictures: the list, the rates, and the command."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings
from PIL import Image

from faces.evaluation.drawing import det_svg
from faces.evaluation.keeping import report_read
from faces.evaluation.pairs import Pair, PairsInvalid, pairs_read
from faces.evaluation.rates import Scored, curve, equal_error, fnmr_at_fmr, rates_at
from tests.faces.photographs import (
    brightened,
    collins,
    encoded,
    flipped,
    hopper,
    side_by_side,
)


def listed(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "pairs"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for name in ("a.jpg", "b.jpg", "An_Other/An_Other_0001.jpg", "Li/Li_0001.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "Li/Li_0012.jpg").write_bytes(b"")
    (tmp_path / "outside.jpg").write_bytes(b"")
    return folder


def test_a_csv_is_read_with_its_groups(tmp_path: Path, root: Path) -> None:
    text = "\ufeffsame,a,b,group\n1,a.jpg,b.jpg,东亚\n0,b.jpg,a.jpg,\n"
    assert pairs_read(listed(tmp_path, text), root=root) == [
        Pair("a.jpg", "b.jpg", same=True, group="东亚"),
        Pair("b.jpg", "a.jpg", same=False),
    ]


@pytest.mark.parametrize("head", ["", "1\n", "10\t300\n"])
def test_lfws_own_list_is_read(tmp_path: Path, root: Path, head: str) -> None:
    text = head + "Li\t1\t12\nLi\t12\tAn_Other\t1\n"
    assert pairs_read(listed(tmp_path, text), root=root) == [
        Pair("Li/Li_0001.jpg", "Li/Li_0012.jpg", same=True),
        Pair("Li/Li_0012.jpg", "An_Other/An_Other_0001.jpg", same=False),
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "no pair"),
        ("a,b,same\n", 1, "no pair"),
        ("a,b\na.jpg,b.jpg\n", 1, "missing columns: same"),
        ("a,b,same\na.jpg,b.jpg,1\na.jpg,b.jpg,maybe\n", 3, "must be 1 or 0"),
        ("a,b,same\na.jpg,b.jpg\n", 2, "number of columns"),
        ("a,b,same\na.jpg,b.jpg,1,x\n", 2, "number of columns"),
        ("a,b,same\na.jpg,none.jpg,1\n", 2, "there is no none.jpg"),
        ("a,b,same\na.jpg,../outside.jpg,1\n", 2, "below --root"),
        ("a,b,same\na.jpg,/etc/passwd,1\n", 2, "below --root"),
        ("a,b,same\na.jpg,,1\n", 2, "below --root"),
        ('a,b,same\n"a.jpg,b.jpg,1\n', 2, "not CSV"),
        ("Li\t1\t12\nLi\t1\n", 2, "expected `name n n`"),
        ("Li\tone\t12\n", 1, "expected `name n n`"),
        ("Li\t1\t99\n", 1, "there is no Li/Li_0099.jpg"),
        (b"\xff\xfe\x00", 1, "UTF-8"),
    ],
)
def test_a_bad_line_is_named_in_both_languages(
    tmp_path: Path, root: Path, text: str | bytes, line: int, why: str
) -> None:
    with pytest.raises(PairsInvalid) as refused:
        pairs_read(listed(tmp_path, text), root=root)
    assert refused.value.line == line
    assert why in refused.value.text("en")
    assert refused.value.text("zh-hans").startswith(f"第 {line} 行")


def scored(genuine: list[float], impostor: list[float]) -> Scored:
    same = np.array([True] * len(genuine) + [False] * len(impostor), dtype=bool)
    return Scored(np.array([*genuine, *impostor], dtype=float), same)


def test_rates_at_a_threshold_count_the_score_that_is_on_it() -> None:
    found = rates_at(scored([5, 6, 7, 8], [1, 2, 5, 6]), 6)
    assert found == {"fmr": 0.25, "fnmr": 0.25}
    assert rates_at(scored([], [1]), 0) == {"fmr": 1.0, "fnmr": None}


def test_fnmr_at_fmr_lets_through_what_the_rate_allows_and_no_more() -> None:
    strangers = list(np.linspace(0, 1, 1000))
    found = fnmr_at_fmr(scored([0.5, 0.995, 0.9995, 2.0], strangers))
    # Ten of a thousand are above 0.99, one is above 0.999.
    assert found == {"0.01": 0.25, "0.001": 0.5, "0.0001": None}


@pytest.mark.parametrize("count", [99, 100])
def test_a_rate_that_too_few_strangers_could_show_is_not_made_up(count: int) -> None:
    found = fnmr_at_fmr(scored([9.0], [0.0] * count))
    assert found["0.01"] == (None if count == 99 else 0.0)
    assert found["0.001"] is None


def test_ties_among_strangers_never_exceed_the_rate() -> None:
    found = scored([0.5, 1.5], [1.0] * 500 + [0.0] * 500)
    assert fnmr_at_fmr(found)["0.01"] == 0.5


def test_the_equal_error_is_where_the_rates_cross() -> None:
    assert equal_error(scored([3, 4, 5], [0, 1, 2])) == 0
    assert equal_error(scored([1, 3, 5, 7], [0, 2, 4, 6])) == pytest.approx(
        0.5, abs=0.2
    )
    assert equal_error(scored([0, 1], [2, 3])) == pytest.approx(1.0, abs=0.5)
    assert equal_error(scored([], [1])) is None


def test_the_curve_runs_from_all_to_nobody() -> None:
    points = curve(scored([2, 3], [0, 1, 2]))
    assert points[0].tolist() == [1, 0]
    assert points[-1].tolist() == [0, 1]
    assert (np.diff(points[:, 0]) <= 0).all()
    assert (np.diff(points[:, 1]) >= 0).all()


def test_the_drawing_is_well_formed_whatever_there_is() -> None:
    for found in (curve(scored([2, 3], [0, 1])), curve(scored([], []))):
        ElementTree.fromstring(det_svg(found, found))


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "c1.jpg": collins,
    "c2.jpg": lambda: flipped(collins()),
    "c3.png": lambda: brightened(1.2)(collins()),
    "h1.jpg": hopper,
    "h2.jpg": lambda: brightened(0.8)(hopper()),
    "both.jpg": lambda: side_by_side(collins(), hopper()),
    "wall.png": lambda: brightened(0.0)(hopper()),
}
LIST = """a,b,same,group
c1.jpg,c2.jpg,1,one
c1.jpg,c3.png,1,one
h1.jpg,h2.jpg,1,two
c1.jpg,h1.jpg,0,one
c3.png,h2.jpg,0,two
c2.jpg,wall.png,0,two
c1.jpg,broken.jpg,1,two
"""


@pytest.mark.vision
def test_the_command_tells_what_it_found(tmp_path: Path) -> None:
    for name, picture in PICTURES.items():
        form = "PNG" if name.endswith("png") else "JPEG"
        (tmp_path / name).write_bytes(encoded(picture(), form))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    curve_file = tmp_path / "det.svg"
    told = called(tmp_path, listed(tmp_path, LIST), "--json", "--det", str(curve_file))
    found = json.loads(told)
    assert {"pairs", "missed", "eer", "fnmr_at_fmr", "at_thresholds"} < set(found)
    assert {"groups", "bare"} < set(found)
    assert (found["pairs"], found["missed"]) == (7, 2)
    assert (found["genuine"], found["impostor"]) == (3, 2)
    assert found["eer"] == 0
    assert found["fnmr_at_fmr"] == {"0.01": None, "0.001": None, "0.0001": None}
    assert found["at_thresholds"]["match"] == {"threshold": 5.9, "fmr": 0, "fnmr": 0}
    assert found["pictures_without_a_face"] == 2
    assert [found["groups"][name]["pairs"] for name in ("one", "two")] == [3, 4]
    assert found["pictures"] == 7
    assert found["groups"]["two"]["missed"] == 2
    assert found["groups"]["one"]["pictures"] == 4
    assert found["groups"]["one"]["pictures_without_a_face"] == 0
    assert found["groups"]["two"]["pictures"] == 7
    assert found["groups"]["two"]["pictures_without_a_face"] == 2
    assert found["bare"]["at_thresholds"]["library_default"]["fnmr"] == 0
    assert "<svg" in curve_file.read_text()
    words = called(tmp_path, listed(tmp_path, LIST))
    assert "match (5.9): FMR 0.00%" in words
    assert "pictures 7, without a face 2\npairs 7, missed 2" in words


@pytest.mark.vision
def test_what_is_kept_is_figures_alone(tmp_path: Path) -> None:
    kept_in = tmp_path / "report.json"
    (tmp_path / "c1.jpg").write_bytes(encoded(collins()))
    (tmp_path / "h1.jpg").write_bytes(encoded(hopper()))
    assert report_read(kept_in) is None
    with override_settings(FACES_REPORT=kept_in):
        called(tmp_path, listed(tmp_path, "a,b,same\nc1.jpg,h1.jpg,0\n"), "--keep")
    kept = report_read(kept_in)
    assert kept is not None
    assert kept.is_current
    assert kept.figures["pairs"] == 1
    assert ".jpg" not in kept_in.read_text()
    kept_in.write_text("[]")
    assert report_read(kept_in) is None


def called(root: Path, pairs: Path, *more: str) -> str:
    out = io.StringIO()
    options: dict[str, Any] = {"stdout": out, "stderr": io.StringIO()}
    call_command(
        "faces_evaluate", "--root", str(root), "--pairs", str(pairs), *more, **options
    )
    return out.getvalue()


def test_the_command_says_what_is_wrong_with_its_files(tmp_path: Path) -> None:
    bad = listed(tmp_path, "a,b,same\nx.jpg,y.jpg,1\n")
    with pytest.raises(CommandError, match=r"第 2 行.*line 2: there is no x\.jpg"):
        called(tmp_path, bad)
    with pytest.raises(CommandError, match="no such folder"):
        called(tmp_path / "none", bad)
    with pytest.raises(CommandError, match="cannot be read"):
        called(tmp_path, tmp_path / "none.csv")
