"""Everybody enrolled, in one process: who is in it, who asks, and when it is away."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from audit.drafts import VISITOR
from audit.selectors import event_list, event_seq
from consent import gate, keys
from consent.errors import ConsentEnded, GalleryMoved, MatchingTooWide
from consent.generations import Gallery, gallery_hash, generation_of
from consent.models import Consent, Subject, Use
from consent.purposes import Purpose
from consent.services.consents import consents_withdraw
from consent.services.restricting import consents_restrict
from faces import services
from faces.errors import GalleryAway
from faces.gallery.asking import connected
from faces.matching import SEARCH_METHOD
from faces.processes.wire import message_pack
from faces.selectors import gallery_held, gallery_standing
from tests import make
from tests.conftest import Database
from tests.faces import make as make_face
from tests.faces.photographs import collins, encoded, flipped, hopper
from tests.faces.searching import ROOT, enrolled, process, searched

pytestmark = [pytest.mark.vision, pytest.mark.slow]

FACE = Purpose.FACE_CHECKIN
SHOTS = {"hopper": hopper, "collins": collins}


@pytest.fixture
def house(db: Database, secrets_dir: Path) -> make.House:
    built = make.house()
    searched(built.site)
    return built


@pytest.fixture
def running(
    house: make.House, process_env: dict[str, str], tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with process(process_env, tmp_path) as found:
        yield found


def number_of(person: Subject) -> int:
    consent = Consent.objects.get(subject=person, purpose=FACE)
    number = event_seq(eid=consent.granted_event_id)
    assert number is not None
    return number


def searching(
    house: make.House, person: Subject
) -> AbstractContextManager[gate.Permit]:
    return gate.permit(
        subject=person,
        purpose=FACE,
        mode="compare",
        model=SEARCH_METHOD,
        act=make_face.AT_KIOSK,
        kiosk=house.kiosk,
        matching=gate.EVERYBODY,
        gallery=gallery_standing(site=house.site),
    )


def nothing() -> None:
    """Happens between."""


def found(
    house: make.House,
    shot: bytes,
    between: Callable[[], object] = nothing,
    before_commit: Callable[[], object] = nothing,
) -> services.Comparison:
    """Let a stranger be searched for among everybody."""
    probe = make.person(kiosk=house.kiosk, face=True)
    with searching(house, probe) as permit:
        seen = services.encode(permit=permit, frames=[shot])
        between()
        looked = services.search(permit=permit, probe=seen)
        before_commit()
        with permit.settle() as record:
            return services.compare(
                permit=permit, record=record, probe=seen, found=looked
            )


def eventually(check: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.1)
    return False


def people_held(house: make.House) -> int | None:
    held = gallery_held()
    return held[house.site.code].people if held and house.site.code in held else None


def test_the_right_one_is_found_and_the_visitor_is_asked(
    house: make.House, running: object
) -> None:
    first = enrolled(house, encoded(hopper()))
    second = enrolled(house, encoded(collins()))
    standing = gallery_standing(site=house.site)
    numbers = [number_of(first), number_of(second)]
    assert standing.count == 2
    assert standing.sha256 == gallery_hash(numbers)
    answer = found(house, encoded(collins(), quality=80))
    assert answer.verdict == "ask"
    assert answer.consent is not None
    assert answer.consent.subject == second
    started = event_list(kind="face.compare.started")[0]["data"]
    told = event_list(kind="face.compared")[0]["data"]
    for data in (started, told):
        assert (data["gallery"], data["gallery_sha256"]) == (2, standing.sha256)
        assert data["model"] == SEARCH_METHOD
    assert "candidates" not in started
    # Their own page tells them that somebody was asked whether they are them.
    assert told["candidates"] == [number_of(second)]


def test_a_stranger_is_nobody(house: make.House, running: object) -> None:
    enrolled(house, encoded(hopper()))
    answer = found(house, encoded(collins()))
    assert (answer.verdict, answer.consent) == ("no_match", None)
    assert event_list(kind="face.compared")[0]["data"]["candidates"] == []


@pytest.mark.parametrize("how", ["withdraw", "restrict"])
def test_who_ends_between_start_and_answer_is_not_compared(
    house: make.House, running: object, how: str
) -> None:
    enrolled(house, encoded(hopper()))
    person = enrolled(house, encoded(collins()))
    end = {
        "withdraw": lambda: consents_withdraw(
            subject=person, purposes=[FACE], act=VISITOR
        ),
        "restrict": lambda: consents_restrict(
            subject=person, purposes=[FACE], act=VISITOR
        ),
    }[how]
    answer = found(house, encoded(collins()), between=end)
    assert answer.consent is None
    told = event_list(kind="face.compared")[0]["data"]
    assert told["gallery"] == 1


@pytest.mark.parametrize("found_one", [True, False])
def test_who_ends_after_the_search_is_not_told_of(
    house: make.House, running: object, found_one: bool
) -> None:
    """Also when it found somebody else: they were compared without a consent."""
    people = [enrolled(house, encoded(one())) for one in (hopper, collins)]

    def end() -> None:
        consents_withdraw(subject=people[found_one], purposes=[FACE], act=VISITOR)

    with pytest.raises(GalleryMoved):
        found(house, encoded(collins()), before_commit=end)
    assert not event_list(kind="face.compared")


def test_a_search_without_an_answer_is_no_comparison(
    house: make.House, running: object
) -> None:
    enrolled(house, encoded(collins()))
    probe = make.person(kiosk=house.kiosk, face=True)
    with searching(house, probe) as permit:
        seen = services.encode(permit=permit, frames=[encoded(collins())])
        with pytest.raises(GalleryMoved), permit.settle() as record:
            services.compare(permit=permit, record=record, probe=seen)
    assert not event_list(kind="face.compared")


def test_whose_key_is_gone_is_not_found(house: make.House, running: object) -> None:
    """Their row may come back with a copy of the database; the key does not."""
    person = enrolled(house, encoded(collins()))
    assert eventually(lambda: people_held(house) == 1)
    keys.key_destroy(consent=Consent.objects.get(subject=person, purpose=FACE).id)
    answer = found(house, encoded(collins()))
    assert (answer.verdict, answer.consent) == ("no_match", None)


def test_what_is_held_follows_the_consents(house: make.House, running: object) -> None:
    person = enrolled(house, encoded(hopper()))
    assert eventually(lambda: people_held(house) == 1)
    consents_withdraw(subject=person, purposes=[FACE], act=VISITOR)
    assert eventually(lambda: people_held(house) == 0)


def test_narrower_rules_empty_it(house: make.House, running: object) -> None:
    enrolled(house, encoded(hopper()))
    assert eventually(lambda: people_held(house) == 1)
    document = make.rules_document("2026-03")
    make.rules_published(site=house.site, document=document)
    assert eventually(lambda: people_held(house) is None)
    with pytest.raises(GalleryAway):
        gallery_standing(site=house.site)


def test_a_gallery_of_before_begins_nothing(house: make.House, running: object) -> None:
    person = enrolled(house, encoded(hopper()))
    probe = make.person(kiosk=house.kiosk, face=True)
    before = gallery_standing(site=house.site)
    consents_withdraw(subject=person, purposes=[FACE], act=VISITOR)
    with pytest.raises(GalleryMoved):
        gate.begin(
            subject=probe,
            purpose=FACE,
            mode="compare",
            model=SEARCH_METHOD,
            act=make_face.AT_KIOSK,
            kiosk=house.kiosk,
            gallery=before,
        )
    assert not Use.objects.filter(mode="compare").exists()


def test_a_site_of_few_searches_nobody(db: Database, secrets_dir: Path) -> None:
    few = make.house()
    person = make.person(kiosk=few.kiosk, face=True)
    with pytest.raises(MatchingTooWide):
        gate.begin(
            subject=person,
            purpose=FACE,
            mode="compare",
            model=SEARCH_METHOD,
            act=make_face.AT_KIOSK,
            kiosk=few.kiosk,
            gallery=Gallery(generation_of(site=few.site), 9, "0" * 64),
        )


def test_without_the_process_nothing_is_kept(house: make.House, tmp_path: Path) -> None:
    with (
        override_settings(GALLERY_SOCKET=tmp_path / "nobody" / "socket"),
        pytest.raises(GalleryAway),
    ):
        gallery_standing(site=house.site)


def test_a_process_that_dies_in_the_middle_ends_the_use(
    house: make.House, running: subprocess.Popen[bytes]
) -> None:
    enrolled(house, encoded(hopper()))

    def die() -> None:
        running.kill()
        running.wait(10)

    with pytest.raises(GalleryAway):
        found(house, encoded(hopper()), between=die)
    assert event_list(kind="capture.discarded")[0]["data"]["reason"] == "failed"
    assert not event_list(kind="face.compared")


def test_the_socket_is_for_this_user_alone(house: make.House, running: object) -> None:
    path = Path(settings.GALLERY_SOCKET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_there_is_one_process(
    house: make.House,
    running: object,
    process_env: dict[str, str],
) -> None:
    env = {**process_env, "GALLERY_SOCKET": str(settings.GALLERY_SOCKET)}
    second = subprocess.run(
        [sys.executable, "manage.py", "faces_gallery"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert b"another one runs already" in second.stderr


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff" * 64,
        message_pack({"ask": "search", "site": "c-1"}),
        message_pack({"ask": "search", "site": "c-1"}, [b"x" * 9]),
        message_pack({"ask": "search", "site": "c-1"}, [b"\xff" * 1024]),
        message_pack({"ask": "standing", "site": "nowhere"}),
        message_pack({"ask": "all"}),
        message_pack({}),
    ],
)
def test_nonsense_is_not_answered_and_does_not_end_it(
    house: make.House, running: subprocess.Popen[bytes], sent: bytes
) -> None:
    with connected(Path(settings.GALLERY_SOCKET), 30.0) as link:
        link.sendall(sent)
        link.shutdown(socket.SHUT_WR)
        # What it did not read to the end makes the system reset the connection.
        with suppress(ConnectionResetError):
            told = link.recv(4096)
            assert not told or "error" in json.loads(told[4:])
    assert gallery_standing(site=house.site).count == 0
    assert running.poll() is None


def test_no_core_and_no_reading_of_its_memory(
    house: make.House, running: subprocess.Popen[bytes]
) -> None:
    limits = Path(f"/proc/{running.pid}/limits").read_text(encoding="ascii")
    (core,) = [line for line in limits.splitlines() if "core file" in line]
    assert core.split()[4:6] == ["0", "0"]
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            Path(f"/proc/{running.pid}/mem").open("rb").close()


def test_it_ends_when_it_is_told_to(
    house: make.House, running: subprocess.Popen[bytes]
) -> None:
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) == 0


def test_an_ended_probe_is_not_answered(house: make.House, running: object) -> None:
    enrolled(house, encoded(hopper()))
    probe = make.person(kiosk=house.kiosk, face=True)

    def end() -> None:
        consents_withdraw(subject=probe, purposes=[FACE], act=VISITOR)

    with searching(house, probe) as permit:
        seen = services.encode(permit=permit, frames=[encoded(flipped(hopper()))])
        end()
        with pytest.raises(ConsentEnded), permit.settle() as record:
            services.compare(permit=permit, record=record, probe=seen)
    assert not event_list(kind="face.compared")
