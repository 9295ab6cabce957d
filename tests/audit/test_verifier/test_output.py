"""How it runs: alone, on old Pythons, with the right exit codes and words."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit import verifier
from audit.catalogue import KINDS
from tests import packs
from tests.audit.test_verifier.scenes import SOMEBODY, grant, house, later
from tests.packs import Log

SOURCE = Path(verifier.__file__)


def log_of(operator: str = "demo-lakeside") -> Log:
    log = house(operator)
    grant(log, "contact")
    later(log, 30)
    return log


def run(
    folder: Path, *arguments: str, **options: str
) -> subprocess.CompletedProcess[str]:
    """Run a copy of the file, in a folder that holds nothing else of the project."""
    copy = shutil.copy(SOURCE, folder / "verify.py")
    return subprocess.run(
        [sys.executable, "-I", "-S", "-E", "-O", str(copy), *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONUTF8": "1", **options},
        timeout=60,
    )


def test_it_is_python_3_9_and_stands_alone() -> None:
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 9))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {one.name.partition(".")[0] for one in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: python -O"
        assert not isinstance(node, ast.Match)
    assert imported <= set(sys.stdlib_module_names)
    assert not imported & {"socket", "urllib", "http", "subprocess", "ctypes", "pickle"}


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13"])
def test_it_runs_on_other_pythons(version: str, tmp_path: Path) -> None:
    python = shutil.which(f"python{version}")
    asked = [python or "", "-I", "-S", str(SOURCE)]
    if python is None or subprocess.run([python, "-V"], check=False).returncode:
        pytest.skip(f"no Python {version} here")
    pack = tmp_path / "x.zip"
    pack.write_bytes(packs.pack(log_of()))
    done = subprocess.run([*asked, str(pack)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (2, b"")


def test_it_knows_every_kind_of_the_catalogue() -> None:
    assert {kind.encode() for kind in KINDS} <= verifier.KINDS


def test_the_catalogue_calls_the_same_kinds_uses() -> None:
    uses = {name.encode() for name, kind in KINDS.items() if kind.use}
    assert uses - verifier.DECISIONS <= verifier.USES
    assert not (verifier.USES & {name.encode() for name in KINDS}) - uses


def test_exit_codes_and_first_lines(tmp_path: Path) -> None:
    pin = packs.vkey(log_of())
    pack = tmp_path / "x.zip"
    pack.write_bytes(packs.pack(log_of()))
    done = run(tmp_path, "x.zip", "--pin", pin)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "完好 SOUND · 演示 DEMONSTRATION"
    done = run(tmp_path, "x.zip")
    assert done.returncode == 2
    assert done.stdout.startswith("自身完好，但没有外部凭据 SOUND, BUT NOTHING OUTSIDE")
    pack.write_bytes(packs.pack(log_of()).replace(b"c-1", b"c-2"))
    done = run(tmp_path, "x.zip", "--pin", pin)
    assert done.returncode == 1
    assert done.stdout.startswith("被改动 ALTERED · 演示 DEMONSTRATION: ")
    broken = log_of()
    broken.add("contact.viewed")
    pack.write_bytes(packs.pack(broken))
    done = run(tmp_path, "x.zip", "--pin", pin)
    assert done.returncode == 1
    assert done.stdout.startswith(
        "违反规则 A RULE WAS BROKEN · 演示 DEMONSTRATION: 事件 event 4: "
    )
    pack.write_bytes(b"x")
    done = run(tmp_path, "x.zip", "--pin", pin)
    assert done.returncode == 3
    assert done.stdout == "无法读取 UNREADABLE: 不是 zip 文件 / not a zip file\n"


def test_a_real_operators_pack_is_no_demonstration(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of("lakeside")))
    done = run(tmp_path, "x.zip", "--pin", packs.vkey(log_of("lakeside")))
    assert done.stdout.splitlines()[0] == "完好 SOUND"


def test_json_says_everything(tmp_path: Path) -> None:
    broken = log_of()
    broken.add("contact.viewed")
    broken.add("tea.served")
    (tmp_path / "x.zip").write_bytes(packs.pack(broken))
    (tmp_path / "old.note").write_text(packs.checkpoint(broken, 3), "utf-8")
    done = run(tmp_path, "x.zip", "--prior", "old.note", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == told["exit"] == 1
    assert told["verdict"] == "violated"
    assert told["violations"] == [
        {"seq": 4, "what": "a use that names no consent", "zh": "使用没有同意"}
    ]
    assert told["events"] == told["size"] == 6
    assert told["root"] == packs.root_of(broken.leaves()).hex()
    assert told["altered"] == []
    assert (told["after_last_checkpoint"], told["left_out"]) == (0, 0)
    assert (told["partial"], told["pinned"], told["demonstration"]) == (
        False,
        False,
        True,
    )
    assert told["unknown_kinds"] == {"tea.served": 1}
    assert told["priors"][0]["result"] == "consistent"
    assert told["origin"] == broken.origin


def test_all_exits_have_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of()))
    (tmp_path / "y.zip").write_bytes(b"")
    (tmp_path / "r.json").write_text(json.dumps(packs.receipt(log_of(), SOMEBODY)))
    keys = [
        list(json.loads(run(tmp_path, *arguments, "--json").stdout))
        for arguments in (["x.zip"], ["y.zip"], ["--receipt", "r.json"])
    ]
    assert keys[0] == keys[1] == keys[2]


def test_many_sites_are_counted(tmp_path: Path) -> None:
    sites = [f"c-{number}" for number in range(1000)]
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of(), sites=sites))
    said = run(tmp_path, "x.zip").stdout
    assert "案场 sites  c-0, c-1, c-2, c-3, c-4, c-5, c-6, c-7, c-8 … (1000)" in said


def test_a_receipt_alone(tmp_path: Path) -> None:
    told = packs.receipt(log_of(), SOMEBODY)
    (tmp_path / "r.json").write_text(json.dumps(told))
    done = run(tmp_path, "--receipt", "r.json", "--pin", told["vkey"])
    assert done.returncode == 0
    assert "1 项同意 given" in done.stdout
    assert run(tmp_path, "--receipt", "r.json").returncode == 2


def test_findings_are_counted_and_shown_in_part(tmp_path: Path) -> None:
    log = log_of()
    for _ in range(1200):
        log.add("contact.viewed")
    (tmp_path / "x.zip").write_bytes(packs.pack(log))
    done = run(tmp_path, "x.zip")
    assert "1200 处违规 violations" in done.stdout
    assert done.stdout.count("\n  ! ") == 20
    assert "另有 1180 处 more" in done.stdout
    told = json.loads(run(tmp_path, "x.zip", "--json").stdout)
    assert (told["violations_count"], len(told["violations"])) == (1200, 1000)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--json"],
        ["--pin"],
        ["x.zip", "y.zip"],
        ["x.zip", "--force"],
        ["x.zip", "--pin", "nothing"],
        ["x.zip", "--prior", "nothing"],
        ["x.zip", "--receipt", "nothing"],
        ["nothing.zip"],
        ["."],
        ["/dev/null"],
        ["/dev/zero"],
        ["pipe"],
        ["--receipt", "pipe"],
        ["x.zip", "--prior", "pipe"],
        ["x.zip", "--pin", "pipe"],
        ["a" * 5000],
        ["nul\udcffbyte"],
    ],
)
def test_a_wrong_call_exits_3_in_one_line(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of()))
    os.mkfifo(tmp_path / "pipe")
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (3, "")
    if "--json" not in arguments:
        assert done.stdout.startswith("无法读取 UNREADABLE: ")
        assert done.stdout.count("\n") == 1


def test_help_tells_the_exit_codes(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    assert "退出码 / Exit codes" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "utf-8"])
def test_it_prints_on_every_terminal(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of()))
    copy = shutil.copy(SOURCE, tmp_path / "verify.py")
    done = subprocess.run(
        [sys.executable, "-S", str(copy), "x.zip"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": encoding},
    )
    assert (done.returncode, done.stderr) == (2, b"")
    assert b"DEMONSTRATION" in done.stdout


def test_a_closed_pipe_changes_nothing(tmp_path: Path) -> None:
    log = log_of()
    for _ in range(2000):
        log.add("contact.viewed")
    (tmp_path / "x.zip").write_bytes(packs.pack(log))
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-S", str(SOURCE), "x.zip", "--json"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    os.close(reading)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (1, b"")


@pytest.mark.parametrize("arguments", [["x.zip"], ["x.zip", "--json"], ["y.zip"]])
def test_without_an_output_the_exit_code_tells(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of()))
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, str(SOURCE), *arguments],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (3 if "y.zip" in arguments else 2, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--x\x1b[31m\nSOUND"],
        ["x.zip", "\u202e\x1b[2J"],
        ["x.zip", "--pin", "\x1b[2J" + "k" * 90_000],
    ],
)
def test_what_is_called_is_shown_and_never_obeyed(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of()))
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (3, "")
    assert not {"\x1b", "\u202e"} & set(done.stdout)
    assert done.stdout.count("\n") == 1
    assert len(done.stdout) < 600


def test_no_line_is_endless() -> None:
    result = verifier.Result(pack="x", origin="o" * 9_000, last_seq=1)
    result.unknown_kinds = {"k" * 9_000: 1}
    result.alter("f" * 9_000, "另", "other")
    assert max(map(len, verifier.report(result))) < 600


def test_earlier_notes_are_told_in_both_languages(tmp_path: Path) -> None:
    log = log_of()
    (tmp_path / "x.zip").write_bytes(packs.pack(log, 0, 2))
    (tmp_path / "a.note").write_text(packs.checkpoint(log, 2), "utf-8")
    (tmp_path / "b.note").write_text(packs.checkpoint(log, 4), "utf-8")
    said = run(tmp_path, "x.zip", "--prior", "a.note", "--prior", "b.note").stdout
    assert "先前 prior  a.note: 2 一致 consistent\n" in said
    assert "先前 prior  b.note: 4 晚于范围 beyond the pack\n" in said


def test_interrupted_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verifier, "open_file", interrupt)
    assert verifier.main([str(tmp_path / "x.zip")]) == 3
    assert capsys.readouterr().out == "无法读取 UNREADABLE: 被中断 / interrupted\n"


@pytest.mark.parametrize("error", [MemoryError, OSError, ZeroDivisionError])
def test_nobody_ever_sees_a_traceback(
    error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(verifier.PackCheck, "run", fail)
    (tmp_path / "x.zip").write_bytes(packs.pack(log_of()))
    assert verifier.main([str(tmp_path / "x.zip")]) == 3
    told = capsys.readouterr()
    assert told.out.startswith("无法读取 UNREADABLE: ")
    assert (told.out.count("\n"), told.err) == (1, "")
