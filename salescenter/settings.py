"""All settings, from the environment. No secret has a default.

Every name read here is described in `.env.example`.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from faces.camera.number import camera_number
from salescenter import embedded, instance


def _text(name: str, default: str = "") -> str:
    """Read NAME, or the file that NAME_FILE points at."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE cannot be read: {error.strerror}"
            ) from None
    return os.environ.get(name, default).strip()


def _flag(name: str) -> bool:
    value = _text(name, "0").lower()
    if value not in {"0", "1", "", "true", "false"}:
        raise ImproperlyConfigured(f"{name} is 0 or 1")
    return value in {"1", "true"}


def _camera(value: str) -> int | None:
    """Read the number of a camera of this machine; nothing else can be one."""
    if not value:
        return None
    try:
        return camera_number(value)
    except ValueError:
        raise ImproperlyConfigured(
            "LOCAL_CAMERA is the number of a camera plugged into this machine, 0 to 63:"
            " no address, no file, no device path"
        ) from None


def _url(name: str, default: str) -> str:
    value = _text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ImproperlyConfigured(
            f"{name} is a scheme and a host, like https://desk.example"
        )
    return value


def _pixel_workers() -> int:
    """Read how many pixel workers the whole program has; by default one a core."""
    usable = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )
    value = _text("PIXEL_WORKERS") or str(min(usable, 4))
    if value not in {"1", "2", "3", "4", "5", "6", "7", "8"}:
        raise ImproperlyConfigured("PIXEL_WORKERS is a whole number from 1 to 8")
    return int(value)


def _database(url: str) -> dict[str, Any]:
    """Read postgresql://user:password@host:port/name; ?host= names a socket folder."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL is postgresql://user@host/name")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


# Place
BASE_DIR = instance.BASE_DIR
DATABASE_URL = _text("DATABASE_URL")
EMBEDDED = not DATABASE_URL
SECRETS_DIR = instance.secrets_dir()
KEYSTORE_DIR = Path(_text("KEYSTORE_DIR") or SECRETS_DIR / "keystore")
EPOCHS_DIR = Path(_text("EPOCHS_DIR") or SECRETS_DIR / "epochs")
KEYSTORE_MIRROR = _text("KEYSTORE_MIRROR")
KEYS_BACKEND = _text("KEYS_BACKEND", "file")
if KEYS_BACKEND not in {"file", "vault"}:
    raise ImproperlyConfigured("KEYS_BACKEND is file or vault")
VAULT_ADDR = _url("VAULT_ADDR", "") if _text("VAULT_ADDR") else ""
VAULT_TOKEN_PATH = _text("VAULT_TOKEN_PATH")
VAULT_MOUNT = _text("VAULT_MOUNT", "transit").strip("/")
VAULT_KEY_PREFIX = _text("VAULT_KEY_PREFIX", "salescenter")
VAULT_CACERT = _text("VAULT_CACERT")
if KEYS_BACKEND == "vault" and not (VAULT_ADDR and VAULT_TOKEN_PATH):
    raise ImproperlyConfigured(
        "KEYS_BACKEND is vault, so VAULT_ADDR and VAULT_TOKEN_PATH must be set"
    )
SIGNER_DIR = Path(_text("SIGNER_DIR") or instance.data_dir() / "signer")
EXPORTS_DIR = Path(_text("EXPORTS_DIR") or instance.data_dir() / "exports")
DEBUG = _flag("DEBUG")
DEMO_CAMERA = _flag("DEMO_CAMERA")
LOCAL_CAMERA = _camera(_text("LOCAL_CAMERA"))
if DEMO_CAMERA and LOCAL_CAMERA is not None:
    raise ImproperlyConfigured("DEMO_CAMERA and LOCAL_CAMERA exclude each other")

if VAULT_ADDR.startswith("http://") and urlsplit(VAULT_ADDR).hostname not in {
    "127.0.0.1",
    "localhost",
    "::1",
}:
    raise ImproperlyConfigured("VAULT_ADDR is https, except on this machine")

# Addresses
SITE_URL = _url("SITE_URL", "http://127.0.0.1:8000")
PUBLIC_URL = _url("PUBLIC_URL", SITE_URL)
SITE_NETWORKS = [
    ipaddress.ip_network(network.strip())
    for network in _text("SITE_NETWORKS", "127.0.0.0/8,::1/128").split(",")
    if network.strip()
]
_hosts = {urlsplit(url).hostname or "" for url in (SITE_URL, PUBLIC_URL)}
_loopback = {"127.0.0.1", "localhost", "::1"}
if _hosts & _loopback:
    _hosts |= _loopback
ALLOWED_HOSTS = sorted(f"[{host}]" if ":" in host else host for host in _hosts)
CSRF_TRUSTED_ORIGINS = sorted({SITE_URL, PUBLIC_URL})
HTTPS = SITE_URL.startswith("https://")

# Secrets
SECRET_KEY = _text("SECRET_KEY")
if not SECRET_KEY:
    if not EMBEDDED:
        raise ImproperlyConfigured("DATABASE_URL is set, so SECRET_KEY must be too")
    SECRET_KEY = instance.secret("django_secret_key")

# Applications
ROOT_URLCONF = "salescenter.urls"
WSGI_APPLICATION = "salescenter.wsgi.application"
AUTH_USER_MODEL = "salescenter.Staff"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "salescenter",
    "leads",
    "faces",
    "consent",
    "audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
]
MIDDLEWARE = [
    "salescenter.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "salescenter.middleware.BodySizeMiddleware",
    "salescenter.middleware.LanguageMiddleware",
    "salescenter.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "salescenter.middleware.StaffSessionMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "salescenter.answering.DomainErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "salescenter.context.page",
            ],
            "libraries": {},
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
        },
    }
]

# Database: 'default' serves under the app role, 'owner' migrates, 'signer' signs.
_app = embedded.connection("app") if EMBEDDED else _database(DATABASE_URL)
_owner_url = _text("DATABASE_OWNER_URL")
if EMBEDDED:
    _owner = embedded.connection("owner")
else:
    _owner = _database(_owner_url) if _owner_url else dict(_app)
_signer_url = _text("DATABASE_SIGNER_URL")
if EMBEDDED:
    _signer = embedded.connection("signer")
else:
    _signer = _database(_signer_url) if _signer_url else dict(_app)
_engine: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "ATOMIC_REQUESTS": False,
    "CONN_HEALTH_CHECKS": True,
}
# What the program asks over and over is planned once a connection: half of the
# database's work for an answer was planning (`tests.benchmarks face_answer`).
_planned = {"server_side_binding": True, "prepare_threshold": 1}
DATABASES = {
    "default": {
        **_engine,
        **_app,
        "CONN_MAX_AGE": 60,
        "OPTIONS": _planned | _app["OPTIONS"],
    },
    "owner": {**_engine, **_owner, "CONN_MAX_AGE": 0},
    "signer": {**_engine, **_signer, "CONN_MAX_AGE": None},
}
REDIS_URL = _text("REDIS_URL")

# People
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
STAFF_SESSION_MAX_SECONDS = 12 * 3600
SESSION_COOKIE_AGE = 15 * 60  # idle; every request renews it
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "salescenter.views.csrf_failed"

# Headers; the rest is in salescenter.middleware
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # The operator's other hosts are not ours to promise anything about.
    "security.W005",
    "security.W021",
]

# Bodies: frames live in memory and nowhere else, so no handler that writes a file.
FRAMES_MAX = 12
FRAMES_MAX_BYTES = 6 * 1024 * 1024
BODY_MAX_BYTES = FRAMES_MAX_BYTES + 64 * 1024  # multipart framing and small fields
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_BYTES
# What the last `faces_evaluate --keep` found: figures alone.
GALLERY_SOCKET = _text("GALLERY_SOCKET") or instance.data_dir() / "gallery" / "socket"
FACES_REPORT = instance.data_dir() / "faces-report.json"
PIXEL_WORKERS = _pixel_workers()
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_BYTES
DATA_UPLOAD_MAX_NUMBER_FILES = FRAMES_MAX
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000  # a draft of the rules has some 300

# Languages and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = Path(_text("STATIC_ROOT") or instance.data_dir() / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {"staticfiles": {"BACKEND": "salescenter.storage.StaticStorage"}}
WHITENOISE_MAX_AGE = 3600

# API
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication"
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
}

# Logs: to stderr, without bodies, addresses or values
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"reserved": {"()": "salescenter.logs.ReservedFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "reserved"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # Every mistyped address is a warning there.
        "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
    },
}
