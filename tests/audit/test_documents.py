"""Texts the log refers to are kept for ever, under their hash."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

from audit.documents import document_get, document_put
from audit.models import Document
from tests.conftest import Database

TEXT = "规则".encode()
NAME = hashlib.sha256(TEXT).hexdigest()


def test_a_text_is_found_again_by_its_hash(db: Database) -> None:
    assert document_put(content=TEXT) == NAME
    assert document_get(sha256=NAME) == TEXT
    assert document_get(sha256="0" * 64) is None


def test_twice_is_as_good_as_once(db: Database) -> None:
    assert document_put(content=TEXT) == document_put(content=TEXT)
    assert Document.objects.count() == 1


def test_a_text_under_another_hash_is_refused(db: Database) -> None:
    with db.connect("app") as link, pytest.raises(psycopg.Error, match="its hash"):
        link.execute("INSERT INTO audit_document VALUES (%s, 'x')", [NAME])
