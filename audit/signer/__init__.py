"""The signer: it alone holds the key of a log's checkpoints, and a memory of its own.

It runs as a process of its own (`manage.py audit_sign`), reads the log through the
database connection `signer`, and asks nobody whether it may sign: it signs what
extends the tree that it remembers, and refuses everything else until a person looked.
"""

from __future__ import annotations

from audit.signer.keeper import Keeper
from audit.signer.memory import Memory, MemoryBroken
from audit.signer.rounds import EVERY_EVENTS, EVERY_SECONDS, Signer

__all__ = [
    "EVERY_EVENTS",
    "EVERY_SECONDS",
    "Keeper",
    "Memory",
    "MemoryBroken",
    "Signer",
]
