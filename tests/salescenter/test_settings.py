from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

BASE_DIR = Path(__file__).resolve().parents[2]


def _read(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Evaluate something of the settings in a process of its own."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"from salescenter import settings as s; print(({code}))",
        ],
        cwd=BASE_DIR,
        env={"SALESCENTER_DATA": os.environ["SALESCENTER_DATA"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1]


OUTSIDE = "postgresql://app:p%40ss@host:5433/house?sslmode=require"


def test_an_outside_database_needs_a_key_and_none_is_made_up() -> None:
    done = _read("s.SECRET_KEY", DATABASE_URL=OUTSIDE)
    assert done.returncode == 1
    assert "ImproperlyConfigured" in _last(done)
    assert "SECRET_KEY" in _last(done)


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    (tmp_path / "url").write_text(OUTSIDE)
    done = _read(
        "s.SECRET_KEY, s.DATABASES['default']",
        DATABASE_URL_FILE=str(tmp_path / "url"),
        SECRET_KEY_FILE=str(tmp_path / "key"),
    )
    assert done.stdout.startswith("('from-a-file'")
    for part in ("'p@ss'", "'host'", "'5433'", "'house'", "'sslmode': 'require'"):
        assert part in done.stdout
    done = _read("1", SECRET_KEY_FILE=str(tmp_path / "absent"))
    assert "SECRET_KEY_FILE cannot be read" in _last(done)


@pytest.mark.parametrize(
    "wrong",
    [
        {"SITE_URL": "desk.example"},
        {"SITE_URL": "https://desk.example/path"},
        {"SITE_NETWORKS": "everywhere"},
        {"DEBUG": "yes please"},
        {"DATABASE_URL": "mysql://host/house", "SECRET_KEY": "k"},
    ],
)
def test_a_wrong_setting_stops_the_start(wrong: dict[str, str]) -> None:
    assert _read("1", **wrong).returncode == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "rtsp://10.0.0.9/1",
        "http://camera.example/stream",
        "https://camera.example/frame.jpg",
        "/dev/video0",
        "video0",
        "clip.mp4",
        "file:///srv/clip.mp4",
        "v4l2src ! appsink",
        "-1",
        "+1",
        "1.5",
        "1e1",
        "0x1",
        "1_0",
        "00",
        "64",
        "200",
        "0,1",
        "0 1",
        "０",
        "٣",
        "true",
    ],
)
def test_a_camera_is_a_number_of_this_machine_and_nothing_else(wrong: str) -> None:
    done = _read("s.LOCAL_CAMERA", LOCAL_CAMERA=wrong)
    assert done.returncode == 1
    assert _last(done) == (
        "django.core.exceptions.ImproperlyConfigured: LOCAL_CAMERA is the number"
        " of a camera plugged into this machine, 0 to 63:"
        " no address, no file, no device path"
    )


@pytest.mark.parametrize(
    ("given", "read"), [("", None), ("0", 0), (" 7 ", 7), ("63", 63)]
)
def test_a_camera_s_number_is_read(given: str, read: int | None) -> None:
    assert _read("s.LOCAL_CAMERA", LOCAL_CAMERA=given).stdout == f"{read}\n"


def test_a_demonstration_has_no_camera_of_the_machine() -> None:
    done = _read("1", LOCAL_CAMERA="0", DEMO_CAMERA="1")
    assert done.returncode == 1
    assert "DEMO_CAMERA and LOCAL_CAMERA exclude each other" in _last(done)


def test_a_served_site_insists_on_https() -> None:
    done = _read(
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
        " s.SECURE_HSTS_SECONDS > 0, s.DEBUG, s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS",
        SITE_URL="https://desk.example",
        PUBLIC_URL="https://visit.example/",
    )
    assert done.stdout.strip() == (
        "(True, True, True, True, False, ['desk.example', 'visit.example'],"
        " ['https://desk.example', 'https://visit.example'])"
    )


def test_nothing_of_an_upload_is_written_to_a_file() -> None:
    assert settings.FILE_UPLOAD_HANDLERS == [
        "django.core.files.uploadhandler.MemoryFileUploadHandler"
    ]


def test_no_admin_and_no_open_api() -> None:
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] == [
        "rest_framework.permissions.IsAuthenticated"
    ]
    assert not any(
        database["ATOMIC_REQUESTS"] for database in settings.DATABASES.values()
    )


def test_every_setting_is_described() -> None:
    described = set(
        re.findall(r"^#?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.M)
    )
    code = (BASE_DIR / "salescenter" / "settings.py").read_text()
    read = set(re.findall(r'_(?:text|flag|url)\(\s*"([A-Z_]+)"', code))
    code = "".join(
        (BASE_DIR / "salescenter" / f"{name}.py").read_text()
        for name in ("instance", "gunicorn_conf", "supervisor")
    )
    read |= set(re.findall(r'environ\.get\(\s*"([A-Z_]+)"', code))
    ours = {"BIND"}  # told to gunicorn by the supervisor
    assert {name.removesuffix("_FILE") for name in read} - ours <= described
