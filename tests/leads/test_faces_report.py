"""The page that says how sure the faces are: honest before and after a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client, override_settings

from audit import clock
from faces.evaluation.keeping import method_read, presence_read, report_keep
from faces.evaluation.rates import Scored, curve
from faces.evaluation.report import told
from leads.views.faces import SEQUENCES
from tests import make
from tests.audit.room import reader
from tests.conftest import Database
from tests.leads.browsers import words_of

pytestmark = pytest.mark.usefixtures("secrets_dir", "static_files")
PAGE = "/office/faces/"


@pytest.fixture
def officer(db: Database, tmp_path: Path) -> Client:
    make.house()
    return reader("compliance")


def scored(shift: float) -> Scored:
    scores = np.concatenate([np.linspace(3, 9, 50), np.linspace(-6, 4, 200) + shift])
    return Scored(scores, np.arange(250) < 50)


def test_before_any_run_it_says_what_shipped_and_how_to_run_one(
    officer: Client, tmp_path: Path
) -> None:
    with override_settings(FACES_REPORT=tmp_path / "none.json"):
        page = words_of(_shown(officer, "en"))
    method = method_read()
    assert method.name in page
    for group in ("east_asian", "everybody_else"):
        for rate in ("0.01", "0.001"):
            assert f"{method.measured[group]['ours'][rate]['percent']} %" in page
            assert f"{method.measured[group]['bare'][rate]['percent']} %" in page
    assert "It does not check that somebody is really there" in page
    assert "manage.py faces_evaluate" in page
    assert "less accurate for children" in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_last_run_is_shown_with_its_groups_and_curve(
    officer: Client, tmp_path: Path, language: str
) -> None:
    ours, bare = scored(0), scored(1)
    figures = told(ours, bare, 2) | {
        "groups": {"东亚 <b>": told(ours, bare, 1)},
        "method": "an-older-one",
        "pictures": 300,
        "pictures_without_a_face": 2,
    }
    kept_in = tmp_path / "report.json"
    report_keep(
        kept_in,
        figures,
        at=clock.stamp(clock.now()),
        ours=curve(ours),
        bare=curve(bare),
    )
    with override_settings(FACES_REPORT=kept_in):
        answer = _shown(officer, language)
    body = answer.content.decode()
    assert "<polyline" in body
    assert "东亚 &lt;b&gt;" in body
    assert "an-older-one" in body
    assert "252" in body


def test_it_is_no_page_for_reception(db: Database) -> None:
    make.house()
    assert reader("reception").get(PAGE).status_code == 403


def _shown(officer: Client, language: str) -> Any:
    officer.cookies["lang"] = language
    return officer.get(PAGE)


@pytest.mark.parametrize("asked", [True, False])
def test_the_presence_check_is_called_what_it_is(
    db: Database, tmp_path: Path, asked: bool
) -> None:
    make.house(presence=asked)
    officer = reader("compliance")
    with override_settings(FACES_REPORT=tmp_path / "none.json"):
        page = words_of(_shown(officer, "en"))
        zh = words_of(_shown(officer, "zh-hans"))
    assert "Presence check, not certified" in page
    assert ("This site: every time." in page) == asked
    assert ("ask for no presence check" in page) != asked
    assert "no real attack was made" in page
    assert "a photograph bent like a face" in page
    # What `faces.presence` looks at, and nothing else.
    assert "seen by five points of the face alone" in page
    assert "the detector's box" not in page
    assert "只由脸上五个点看出来" in zh
    assert "检测框" not in zh
    shown = presence_read()["sequences"]
    assert shown.keys() == SEQUENCES.keys()
    for name, found in shown.items():
        wrong = found["passed"]
        if name == "live":
            wrong = found["sequences"] - found["passed"]
        share = f"{100 * wrong / found['sequences']:.1f} %"
        assert f"{found['sequences']} " in page
        assert f"{wrong} ({share})" in page
