"""verify.html as a page: one file, on a phone, offline, for everybody."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, expect

from tests import packs
from tests.browser.judging import NARROWEST, Judge
from tests.browser.test_verify_html.inspecting import (
    HTML,
    PHONE,
    Inspector,
    csp_hash,
    inner,
    payload,
)
from tests.browser.test_verify_html.spoiling import dumped, hostile
from tests.packs.log import Log

pytestmark = pytest.mark.browser

SIZE_MAX = 93_000


def test_it_is_one_file_that_loads_nothing() -> None:
    text = HTML.read_text()
    assert len(text.encode()) < SIZE_MAX
    page = text.replace(inner("script"), "").replace(inner("style"), "")
    assert not re.search(r"\s(?:on\w+|style|src|href)=", page)
    assert not re.search(r"https?://|//[a-z]|@import|url\(", page + inner("style"))
    assert not re.search(
        r"\beval\b|new Function|\bfetch\(|XMLHttpRequest|importScripts|new Worker"
        r"|innerHTML|https?://|\bimport\(",
        inner("script"),
    )


def test_its_policy_names_its_script_and_style() -> None:
    """After a change put these hashes into the policy of verifier.html."""
    [policy] = re.findall(r'Security-Policy" content="([^"]+)"', HTML.read_text())
    assert policy == (
        f"default-src 'none'; script-src {csp_hash(inner('script'))}; "
        f"style-src {csp_hash(inner('style'))}; base-uri 'none'; form-action 'none'"
    )


def test_its_colours_are_the_houses() -> None:
    tokens = (HTML.parents[1] / "static" / "css" / "tokens.css").read_text()
    light = tokens.split("@media")[0]
    named = dict(re.findall(r"(--[\w-]+):\s*(#\w+);", inner("style")))
    assert "--jade" in named
    for name, value in named.items():
        assert f"{name}: {value};" in light


def test_its_hashes_are_the_browsers(inspector: Inspector) -> None:
    differing = inspector.page.evaluate(
        """
        async () => {
          const hex = (b) => Array.from(new Uint8Array(b),
            (one) => one.toString(16).padStart(2, "0")).join("");
          const bad = [];
          for (let n = 0; n < 300; n++) {
            const bytes = crypto.getRandomValues(new Uint8Array(n < 290 ? n : n * 211));
            const cut = Math.floor(n * Math.random());
            const [a, b] = await Promise.all(["SHA-256", "SHA-512"].map(
              (name) => crypto.subtle.digest(name, bytes)));
            const {sha256, sha512} = salescenterVerify;
            const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
            if (sha256(...pieces) !== hex(a)) bad.push(n);
            if (hex(sha512(bytes)) !== hex(b)) bad.push(n);
          }
          return bad;
        }
        """
    )
    assert differing == []


def test_its_signatures_are_strict(inspector: Inspector) -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    key = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
    public = key.public_key().public_bytes_raw()
    message = b"as the RFC has it"
    good = key.sign(message)
    scalar = int.from_bytes(good[32:], "little")
    one = (1).to_bytes(32, "little")  # the neutral point: of order 1
    cases = {
        "good": (public, message, good, True),
        "empty message": (public, b"", key.sign(b""), True),
        "other message": (public, message + b".", good, False),
        "S + L": (
            public,
            message,
            good[:32] + (scalar + order).to_bytes(32, "little"),
            False,
        ),
        "R flipped": (public, message, bytes([good[0] ^ 1]) + good[1:], False),
        "short": (public, message, good[:63], False),
        # With the neutral key, R = S·B holds for every message.
        "small order": (one, message, one + bytes(32), False),
        "y = p + 1": (
            (2**255 - 18).to_bytes(32, "little"),
            message,
            one + bytes(32),
            False,
        ),
        "no point": ((2).to_bytes(32, "little"), message, good, False),
    }
    for name, (who, what, signature, fine) in cases.items():
        found = inspector.page.evaluate(
            "([k, m, s]) => salescenterVerify.ed25519(...[k, m, s].map("
            "(one) => Uint8Array.from(one)))",
            [list(who), list(what), list(signature)],
        )
        assert found is fine, name


def test_a_receipt_on_a_phone(inspector: Inspector, log: Log) -> None:
    page, pin = inspector.page, packs.vkey(log)
    proved = dumped(packs.receipt(log)).encode()
    inspector.give(("receipt.json", proved), pin=pin)
    expect(page.locator("#verdict")).to_contain_text("完好")
    expect(page.locator("#result")).to_contain_text("同意，到 2099-12-31 08:00 为止")
    expect(page.locator("#result")).to_contain_text("演示")
    expect(page.locator("#result")).to_contain_text("没有同意")
    expect(page.locator("#said")).to_have_text("完好 Sound")
    early = dumped(packs.receipt(log, proved=False)).encode()
    inspector.give(("receipt.json", early))
    expect(page.locator("#verdict")).to_contain_text("完好，但没有外部佐证")
    expect(page.locator("#result")).to_contain_text("还没有日志的证明")
    inspector.give(("receipt.json", proved.replace(b"2099", b"2098", 1)), pin=pin)
    expect(page.locator("#verdict")).to_contain_text("被改动")
    inspector.give(("receipt.json", proved[:-9]))
    expect(page.locator("#verdict")).to_contain_text("无法读取")


def test_a_receipt_is_text_and_never_markup(inspector: Inspector, log: Log) -> None:
    receipt = packs.receipt(log, proved=False)
    receipt["choices"][0]["purpose_text"] = "<img src=x onerror=alert(1)>"
    receipt["choices"][0]["purpose"] = "constructor"
    receipt["choices"][1]["purpose"] = {"a": ["<b>"]}
    inspector.give(("receipt.json", dumped(receipt).encode()))
    expect(inspector.page.locator("#verdict")).to_contain_text("被改动")
    assert inspector.page.locator("#result img, #result b").count() == 0
    expect(inspector.page.locator("#result")).to_contain_text("<img src=x")


def test_it_is_for_everybody(
    inspector: Inspector, log: Log, turned: Log, pictures: Path
) -> None:
    page, pin = inspector.page, packs.vkey(log)
    judge = Judge(pictures)
    bad = hostile(log, turned)

    def look(name: str) -> None:
        judge.look(inspector.device, f"verify-{name}", english=False)
        page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
        assert page.evaluate("document.scrollingElement.scrollWidth") == NARROWEST[0]
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    look("empty")
    for name, files in {
        "完好": [("pack.zip", packs.pack(log))],
        "违反了规则": [("pack.zip", bad["no consent"][0])],
        "被改动": [("pack.zip", bad["a byte of an event"][0])],
        "无法读取": [("pack.zip", bad["cut short"][0])],
        "完好 ": [
            ("pack.zip", packs.pack(log)),
            ("receipt.json", dumped(packs.receipt(log)).encode()),
        ],
    }.items():
        inspector.give(*files, pin=pin)
        page.wait_for_selector("#verdict")
        assert inspector.verdict() == name.strip()
        assert page.evaluate("document.activeElement.id") == "verdict"
        look(name.strip() + str(len(files)))
    assert judge.faults == []


def test_with_a_keyboard_alone(inspector: Inspector, log: Log) -> None:
    page = inspector.page
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
    assert order == ["files", "pins", "priors", "start"]
    page.keyboard.press("Enter")
    expect(page.locator("#need")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "files"
    page.set_input_files("#files", [payload("pack.zip", packs.pack(log))])
    expect(page.locator("#need")).to_be_hidden()
    page.get_by_label("您信任的公钥").fill(packs.vkey(log))
    page.focus("#start")
    page.keyboard.press("Enter")
    page.wait_for_selector("#verdict")
    assert inspector.verdict() == "完好"
    page.get_by_role("button", name="再查一个").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "files"


def test_files_may_be_dropped(inspector: Inspector, log: Log) -> None:
    inspector.page.evaluate(
        """
        (raw) => {
          const all = new DataTransfer();
          all.items.add(new File([Uint8Array.from(atob(raw), (c) => c.charCodeAt(0))],
            "dropped.zip"));
          document.body.dispatchEvent(new DragEvent("drop",
            {dataTransfer: all, bubbles: true, cancelable: true}));
        }
        """,
        base64.b64encode(packs.pack(log)).decode(),
    )
    expect(inspector.page.locator("#chosen")).to_contain_text("dropped.zip")
    inspector.page.click("#start")
    inspector.page.wait_for_selector("#verdict")
    assert inspector.verdict() == "完好，但没有外部佐证"


@pytest.mark.slow
def test_a_long_pack_can_be_watched_and_stopped(
    inspector: Inspector, tmp_path: Path
) -> None:
    like = packs.build_log(seed=1, consents=1)
    path = tmp_path / "long.zip"
    packs.write_pack(path, packs.story(seed=1, consents=9, events=120_000), like)
    page = inspector.page
    page.set_input_files("#files", path)
    expect(page.locator("#chosen li")).to_have_count(1)
    throttle = page.context.new_cdp_session(page)
    throttle.send("Emulation.setCPUThrottlingRate", {"rate": 8})
    page.click("#start")
    expect(page.locator("#bytes")).to_contain_text(" MB / ")
    seen = set()
    for _ in range(4):
        seen.add(page.locator("#bar").evaluate("(one) => one.value"))
        page.wait_for_timeout(150)
    assert len(seen) > 1
    page.click("#stop")
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator("#verdict")).to_have_count(0)
    throttle.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    page.click("#start")
    page.wait_for_selector("#verdict")
    assert inspector.verdict() == "完好，但没有外部佐证"


def test_served_without_tls_under_a_policy_by_hash(
    plain_browser: Browser, log: Log
) -> None:
    """As the program serves it; there WebCrypto is missing."""
    policy = (
        f"default-src 'none'; script-src {csp_hash(inner('script'))}; "
        f"style-src {csp_hash(inner('style'))}"
    )
    context = plain_browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    asked: list[str] = []
    page.on("console", lambda one: faults.append(one.text))
    page.on("pageerror", lambda one: faults.append(str(one)))
    page.on("request", lambda one: asked.append(one.url))
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body=HTML.read_text(),
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": policy},
        ),
    )
    page.goto("http://house.test/verify/")
    assert page.evaluate("crypto.subtle === undefined")
    page.set_input_files("#files", [payload("pack.zip", packs.pack(log))])
    page.fill("#pins", packs.vkey(log))
    page.click("#start")
    page.wait_for_selector("#verdict.sound, .sound #verdict")
    colour = "getComputedStyle(document.querySelector('#verdict')).color"
    assert page.evaluate(colour) == "rgb(11, 102, 80)"
    context.close()
    assert faults == []
    assert asked == ["http://house.test/verify/"]
