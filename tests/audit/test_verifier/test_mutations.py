"""Altered exports in many ways, and clean ones: the benchmark in small."""

from __future__ import annotations

import pytest

from tests.benchmarks.audit_mutate import count
from tests.benchmarks.mutations import KINDS
from tests.benchmarks.mutations.meaning import BREAKS

pytestmark = pytest.mark.slow


def test_every_alteration_is_detected_and_no_clean_export_blamed() -> None:
    figures = count(altered=300, clean=30)
    assert figures["missed"] == []
    assert figures["alarmed_seeds"] == []
    assert figures["detected"] == 300
    assert figures["kinds"] == len(KINDS) >= 12
    assert len(BREAKS) == 10
