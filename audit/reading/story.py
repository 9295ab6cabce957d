"""One person's whole story, from the log alone: consents, uses, ends, destructions.

Judged by the rules of docs/evidence.md as far as they concern one person: a start has
its end, an end is followed by what it must destroy, and nothing is used past a consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import F

from audit import clock
from audit.catalogue import KINDS, is_use
from audit.models import Head, Index
from audit.reading.event import ENDS, STARTS
from audit.reading.search import events

DANGLING_S = 300
"""A start without an end for longer than this is a breach."""
ENDED = ("consent.withdrawn", "consent.expired")
DESTROYED = ("key.destroyed", "face.template.destroyed", "contact.erased")

State = Literal["live", "over", "withdrawn", "expired", "carried"]


@dataclass(frozen=True)
class Told:
    """An event, and the log it stands in."""

    log: str
    event: dict[str, Any]

    @property
    def seq(self) -> int:
        """Return its number."""
        return int(self.event["seq"])

    @property
    def kind(self) -> str:
        """Return its kind."""
        return str(self.event["type"])

    @property
    def data(self) -> dict[str, Any]:
        """Return its data; nothing where the body is kept no more."""
        return self.event["data"] or {}

    def seconds_after(self, other: Told) -> float:
        """Return how many seconds it came after another event."""
        gap = clock.parse(self.event["at"]) - clock.parse(other.event["at"])
        return gap.total_seconds()


@dataclass(frozen=True)
class Followed:
    """What came after the end of a consent, how many seconds after, and in time."""

    told: Told
    seconds: float
    in_time: bool


@dataclass(frozen=True)
class Fault:
    """Something that the rules of the log demand and that is not so.

    `kind` is what is missing or late, or the use that should not have been.
    """

    code: Literal["missing", "late", "dangling", "past", "unfounded"]
    kind: str
    told: Told


@dataclass
class Given:
    """One consent from its grant to the last thing that was destroyed with it.

    Attributes:
        granted: the grant.
        state: where it stands now.
        ended: its end, or None.
        followed: what was destroyed after its end, in order.
        due: kinds that must still follow and are not late yet.
        carried_to: the grant that goes on for it in the log after, or None.
        carried_from: the grant of the log before that it goes on for, or None.
    """

    granted: Told
    state: State
    ended: Told | None = None
    followed: list[Followed] = field(default_factory=list)
    due: list[str] = field(default_factory=list)
    carried_to: Told | None = None
    carried_from: Told | None = None


@dataclass(frozen=True)
class Entry:
    """One line of the story, with what belongs to it.

    Attributes:
        told: the event.
        end: of a start, the event that ended it.
        with_it: what was made or destroyed along with it.
        candidate: the person was only one of those compared with.
    """

    told: Told
    end: Told | None = None
    with_it: tuple[Told, ...] = ()
    candidate: bool = False


@dataclass(frozen=True)
class Story:
    """Everything that the logs tell of one person, oldest first.

    `readings` are the times that somebody read this very story.
    """

    subject: str
    consents: list[Given]
    entries: list[Entry]
    faults: list[Fault]
    readings: list[Told]
    count: int

    @property
    def live(self) -> list[Given]:
        """Return the consents that still stand."""
        return [given for given in self.consents if given.state == "live"]


def story_find(*, subject: str) -> Story | None:
    """Return a person's story, or None when no log knows the pseudonym.

    A few queries for each log in which they appear.
    """
    every = list(_events(subject))
    told = [one for one in every if one.kind != "log.read"]
    if not told:
        return None
    now = clock.stamp(clock.now())
    faults: list[Fault] = []
    consents = list(_consents(told, subject, now, faults))
    _carry(consents)
    faults += _unfounded(told, subject, consents)
    entries = list(_entries(told, subject, now, faults))
    return Story(
        subject=subject,
        consents=consents,
        entries=entries,
        faults=sorted(faults, key=lambda one: one.told.event["at"]),
        readings=[one for one in every if one.kind == "log.read"],
        count=len(every),
    )


def _events(subject: str) -> Iterator[Told]:
    """Yield every event about a person, log by log, oldest first."""
    opened = Head.objects.order_by(F("closed_at").asc(nulls_last=True))
    for log in opened.values_list("log", flat=True):
        own = Index.objects.filter(log=log, subject=subject)
        grants = own.filter(type="consent.granted").values_list("seq", flat=True)
        named = Index.objects.filter(log=log, consent__in=list(grants))
        numbers = {
            *own.values_list("seq", flat=True),
            *named.values_list("seq", flat=True),
        }
        for event in reversed(events(log=log, numbers=sorted(numbers))):
            yield Told(log, event)


def _consents(
    told: list[Told], subject: str, now: str, faults: list[Fault]
) -> Iterator[Given]:
    for granted in told:
        if granted.kind != "consent.granted" or granted.event["subject"] != subject:
            continue
        under = [
            one
            for one in told
            if one.log == granted.log and one.event["consent"] == granted.seq
        ]
        ended = next((one for one in under if one.kind in ENDED), None)
        if ended is None:
            over = granted.data.get("until", now) <= now
            yield Given(granted, "over" if over else "live")
            continue
        state: State = "withdrawn" if ended.kind == "consent.withdrawn" else "expired"
        given = Given(granted, state, ended)
        _follow(given, under, now, faults)
        yield given


def _follow(given: Given, under: list[Told], now: str, faults: list[Fault]) -> None:
    """Judge what came after the end of a consent."""
    ended, limit = given.ended, int(given.granted.data.get("destroy_s", 0))
    if ended is None:
        return
    for one in under:
        if one.kind in DESTROYED and one.seq > ended.seq:
            seconds = one.seconds_after(ended)
            given.followed.append(Followed(one, seconds, seconds <= limit))
    came = {one.told.kind: one for one in reversed(given.followed)}
    waited = (clock.parse(now) - clock.parse(ended.event["at"])).total_seconds()
    for kind in must_follow(under):
        if kind not in came and waited > limit:
            faults.append(Fault("missing", kind, ended))
        elif kind not in came:
            given.due.append(kind)
        elif not came[kind].in_time:
            faults.append(Fault("late", kind, came[kind].told))


def must_follow(under: Iterable[Told]) -> list[str]:
    """Return which kinds must follow the end of a consent, by what hangs on it."""
    enrolled = [one.seq for one in under if one.kind == "face.enrolled"]
    ended = [one.seq for one in under if one.kind in ENDED]
    gone = [one.seq for one in under if one.kind == "face.template.destroyed"]
    kinds = ["key.destroyed"]
    # One that was deleted before the end need not be deleted after it.
    if enrolled and not any(enrolled[-1] < seq < ended[0] for seq in gone):
        kinds.append("face.template.destroyed")
    return kinds


def _carry(consents: list[Given]) -> None:
    """Join a grant with the one that goes on for it in the log after."""
    for later in consents:
        number = later.granted.data.get("carried")
        if number is None:
            continue
        for earlier in reversed(consents[: consents.index(later)]):
            if earlier.granted.log != later.granted.log and (
                earlier.granted.seq == number
            ):
                earlier.carried_to, later.carried_from = later.granted, earlier.granted
                if earlier.ended is None:
                    earlier.state = "carried"
                break


def _unfounded(
    told: list[Told], subject: str, consents: list[Given]
) -> Iterator[Fault]:
    """Yield the uses that no consent of the person covered when they happened."""
    known = {(one.granted.log, one.granted.seq): one for one in consents}
    for one in told:
        if one.event["data"] is None or one.kind not in KINDS:
            continue
        if one.event["subject"] != subject or not is_use(one.kind, one.data):
            continue
        given = known.get((one.log, one.event["consent"]))
        if given is None:
            yield Fault("unfounded", one.kind, one)
        elif one.event["at"] >= given.granted.data.get("until", "~") or (
            given.ended is not None and one.seq > given.ended.seq
        ):
            yield Fault("past", one.kind, one)


def _entries(
    told: list[Told], subject: str, now: str, faults: list[Fault]
) -> Iterator[Entry]:
    """Yield the lines: an end stands beside its start, what follows beside its end."""
    ends = {
        (one.log, one.data["start"]): one
        for one in reversed(told)
        if one.kind in ENDS and one.data.get("start") is not None
    }
    beside: dict[tuple[str, int], list[Told]] = {}
    taken: set[tuple[str, int]] = set()
    heads: dict[tuple[str, int, bool], Told] = {}
    for one in told:
        place = (one.log, one.seq)
        consent = one.event["consent"]
        if one.kind in ENDED and consent is not None:
            heads.setdefault((one.log, consent, True), one)
        if one.kind == "consent.granted":
            heads[one.log, consent, False] = one
        head = heads.get((one.log, consent or -1, one.kind in DESTROYED))
        if head is not None and one.kind in (*DESTROYED, "key.created"):
            beside.setdefault((head.log, head.seq), []).append(one)
            taken.add(place)
    for one in told:
        place = (one.log, one.seq)
        end = ends.get(place) if one.kind in STARTS else None
        if end is not None:
            taken.add((end.log, end.seq))
        if place in taken:
            continue
        mine = one.event["subject"] == subject
        if one.kind in STARTS and end is None and mine:
            waited = clock.parse(now) - clock.parse(one.event["at"])
            if waited.total_seconds() > DANGLING_S:
                faults.append(Fault("dangling", one.kind, one))
        yield Entry(one, end, tuple(beside.get(place, ())), candidate=not mine)
