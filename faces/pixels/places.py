"""A fixed number of places for more callers than that: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class _Ticket(Generic[T]):
    """One caller's turn in the line; `served` holds the place once it is theirs."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.served: list[T] = []


class Places(Generic[T]):
    """Places that are taken, held by one caller at a time, and given back.

    A place given back goes straight to whoever has waited longest, so nobody who comes
    later can pass. `queue.Queue` only wakes them: a thread that runs already takes
    the place before they look, again and again.
    """

    def __init__(self, free: Iterable[T]) -> None:
        # Never both filled: a place lies here only while nobody waits.
        self._free = list(free)
        self._line: deque[_Ticket[T]] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many callers stand in line."""
        return len(self._line)

    def take(self, *, timeout: float) -> T:
        """Return a free place: the one given back last, else the next in line's turn.

        Args:
            timeout: seconds to stand in line.

        Raises:
            TimeoutError: it was not this caller's turn by then; they left the line.
        """
        with self._lock:
            if self._free:
                return self._free.pop()
            ticket: _Ticket[T] = _Ticket()
            self._line.append(ticket)
        try:
            ticket.called.wait(timeout)
        except BaseException:
            # An interrupt: the place may be theirs already, and nobody would use it.
            for place in self._leave(ticket):
                self.give(place)
            raise
        for place in self._leave(ticket):
            return place
        raise TimeoutError

    def give(self, place: T, *, warm: bool = True) -> None:
        """Give a place back, or a new one in its stead; call it once for each `take`.

        Args:
            place: goes to whoever has waited longest.
            warm: whether it comes before the other free ones when nobody waits.
        """
        with self._lock:
            if self._line:
                ticket = self._line.popleft()
                ticket.served.append(place)
                ticket.called.set()
            elif warm:
                self._free.append(place)
            else:
                self._free.insert(0, place)

    def _leave(self, ticket: _Ticket[T]) -> list[T]:
        """Take a caller out of the line, and return the place if they got one.

        Under the lock, so a place given at the very end of their time is theirs.
        """
        with self._lock:
            if not ticket.served:
                self._line.remove(ticket)
            return ticket.served
