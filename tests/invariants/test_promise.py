"""No template and no comparison without a consent that is live at that instant.

A random walk of seeded steps through the real services, gate, keys and database: people
say yes and no, withdraw, restrict and lift; rules change editorially and materially, in
how widely faces are compared and in whether somebody must be seen to be present;
assessments go stale, the stop switch is pressed, the camera revoked; the clock jumps;
faces are enrolled and compared, with something happening between start and answer; and
raw SQL under the app role cheats, also with the right events in the log. After every
step rows, new events and key files are compared, by plain SQL, with a ledger that is
kept from the steps alone. It tells in both directions: what ought to be refused is, and
what ought to be answered is answered.

The steps are drawn here and not by Hypothesis: five hundred steps with their choices do
not fit into what it generates for one example, and it would shrink by running again
over a database that remembers. A seed walks the same way again, but for milliseconds.

It bites: without the composite key of templates it failed at step 31; without the
erasure when a consent ends at 73; without the bar of restricted and overtaken consents
at 121; without the second reading of consents at 348; without the reading of candidates
at the start of a comparison at 41.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path

import pytest

from audit import exports, signing
from audit.models import Head
from audit.selectors import log_faults
from tests import make
from tests.audit.judging import judge
from tests.audit.signing import signer_in
from tests.conftest import Database
from tests.invariants.promise.walking import Walk

SHORT = 300
LONG = 1_000
WALKS = 20


@pytest.mark.usefixtures("secrets_dir")
def test_a_short_walk_keeps_the_promise(
    db: Database, secrets_dir: Path, tmp_path: Path
) -> None:
    walk_through(db, secrets_dir, tmp_path, seed=0, steps=SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, WALKS + 1))
def test_a_long_walk_keeps_the_promise(
    db: Database, secrets_dir: Path, tmp_path: Path, seed: int
) -> None:
    walk_through(db, secrets_dir, tmp_path, seed=seed, steps=LONG)


def walk_through(
    db: Database, secrets: Path, folder: Path, *, seed: int, steps: int
) -> None:
    """Walk, then have the whole log judged as an inspector would."""
    house = make.house(demonstration_clock=True)
    with ExitStack() as shifts, db.connect("app") as link:
        walk = Walk(
            house=house,
            dice=random.Random(seed),
            link=link,
            store=secrets / "keystore",
            shifts=shifts,
        )
        try:
            # It goes somewhere: all kinds of uses are answered, or it goes on for a
            # while; rules that stay narrow leave little to compare.
            while walk.taken < steps or (
                walk.taken < 3 * steps and min(walk.watcher.uses.values()) < steps / 200
            ):
                walk.step()
            walk.rest()
        except Exception as error:
            last = "\n".join(walk.told)
            message = f"seed {seed}, step {walk.taken}: {error}\nlast steps:\n{last}"
            raise AssertionError(message) from error
        answered = walk.watcher.uses
        assert all(count >= steps / 200 for count in answered.values()), answered
        assert walk.refused > steps / 10
        assert list(log_faults()) == []
        pack = folder / "pack.zip"
        with signer_in(folder / "signer"):
            exports.export_now(scope=exports.export_scope(), target=pack)
            vkey = signing.vkeys(log=Head.objects.get(closed_at=None).log)[-1]
        told = judge(pack, "--pin", vkey)
        assert (told["exit"], told["violations"]) == (0, []), told
