"""The gate: the only maker of a `Permit`, and so the only way to a face.

A use has a start and one end, both in the log, in two short transactions with the
slow part between them:

```python
with gate.permit(…) as permit:                       # commit 1: the start
    probe = faces.encode(permit=permit, frames=…)    # slow; no transaction, no lock
    with permit.settle() as record:                  # commit 2: consents read again
        faces.compare(permit=permit, record=record, probe=probe)
```
A capture is several requests, so its start and its permits come apart: `begin`
commits the start, `resume` opens a permit for one request, `permit` is both for one.
There is no other way in, and no argument that opens the gate without a consent.
"""

from __future__ import annotations

from consent.gate.ends import (
    ANSWER_SECONDS,
    Record,
    abandon_all,
    abandon_due,
    close,
    discard,
)
from consent.gate.permits import Permit, permit, present, resume, seize
from consent.gate.starts import CAPTURE_SECONDS, EVERYBODY, FEW, ONE, allow, begin

__all__ = [
    "ANSWER_SECONDS",
    "CAPTURE_SECONDS",
    "EVERYBODY",
    "FEW",
    "ONE",
    "Permit",
    "Record",
    "abandon_all",
    "abandon_due",
    "allow",
    "begin",
    "close",
    "discard",
    "permit",
    "present",
    "resume",
    "seize",
]
