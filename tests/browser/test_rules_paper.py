"""The poster and the desk sheet as a printer gets them: one page, and it scans."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import cv2
import pytest

from consent.models import Rules
from consent.rules import document
from tests import make
from tests.browser.conftest import Stage
from tests.browser.judging import Judge

pytestmark = pytest.mark.browser

PAGES = re.compile(rb"/Type\s*/Page\b")


def scanned(folder: Path, pdf: bytes, dots: int) -> str:
    """Return what a phone reads from the printed page."""
    (folder / "paper.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", str(dots), "-png", "-singlefile", "paper.pdf", "paper"],
        cwd=folder,
        check=True,
        timeout=60,
    )
    pixels = cv2.imread(str(folder / "paper.png"), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(pixels)
    return text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("paper", "dots"), [("poster", 72), ("sheet", 150)])
def test_paper_is_one_page_and_scans(
    stage: Stage, tmp_path: Path, paper: str, dots: int, language: str
) -> None:
    sha256 = Rules.objects.get(retired_at=None).sha256
    desk = stage.desk()
    desk.context.add_cookies([{"name": "lang", "value": language, "url": desk.url}])
    desk.go(f"/rules/{sha256}/{paper}/")
    pdf = desk.page.pdf(prefer_css_page_size=True)
    assert len(PAGES.findall(pdf)) == 1
    assert scanned(tmp_path, pdf, dots) == f"{desk.url}/rules/{sha256}/"


def test_the_pages_of_the_rules(stage: Stage, pictures: Path) -> None:
    first = Rules.objects.get(retired_at=None)
    changed = document(sha256=first.sha256)
    changed["label"] = "changed"
    changed["purposes"]["contact"]["retention_days"] = 20
    for words in changed["languages"].values():
        words["purposes"]["contact"]["data"].append("+")
        words["rights"] = words["rights"][::-1]
    sha256 = make.rules_published(site=first.site, document=changed).sha256
    phone, judge = stage.phone(), Judge(pictures)
    for name, path in {
        "rules-changes": f"to/{first.sha256}/",
        "rules-collected": "collected/",
        "rules-poster": "poster/",
        "rules-sheet": "sheet/",
    }.items():
        phone.go(f"/rules/{sha256}/{path}")
        judge.look(phone, name)
    assert judge.faults == []
