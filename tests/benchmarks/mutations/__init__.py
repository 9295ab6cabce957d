"""Ways to alter a sealed export: without the log's key, and with it."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.mutations import with_key, without_key
from tests.benchmarks.mutations.cases import Attempt, Case, case_of

__all__ = ["KINDS", "Attempt", "Case", "case_of"]

KINDS: list[Callable[[Case], Attempt]] = [
    without_key.flipped,
    without_key.head_cut,
    without_key.tail_cut,
    without_key.bytes_inserted,
    without_key.event_deleted,
    without_key.event_inserted,
    without_key.events_swapped,
    without_key.event_duplicated,
    without_key.event_replayed,
    without_key.line_split,
    without_key.lines_merged,
    without_key.key_duplicated,
    without_key.value_changed,
    without_key.time_moved,
    with_key.body_hidden,
    with_key.checkpoint_swapped,
    with_key.signature_bad,
    with_key.key_foreign,
    with_key.log_forged,
    with_key.history_rewritten,
    with_key.meaning_broken,
    with_key.manifest_changed,
    without_key.file_added,
    without_key.file_removed,
    without_key.file_renamed,
    without_key.file_changed,
    with_key.tree_mismatched,
    with_key.grant_forged,
    without_key.zip_written_otherwise,
]
