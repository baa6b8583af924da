"""Several takes of one call onto one clock, by the best evidence there is for each pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Protocol

from candid.engine.alignment.beacon_links import link_by_beacons, link_through_server
from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.evidence import Jump, Link, TakeEvidence
from candid.engine.alignment.listening import listen
from candid.engine.alignment.result import Alignment, Hole, TakeClock
from candid.engine.alignment.sounding import checked_by_sound, link_by_sound
from candid.engine.alignment.twins import is_same_recording
from candid.engine.errors import BadInputError, UnalignableError
from candid.engine.timebase import ClockMap

BeaconLink = Callable[
    [TakeEvidence, TakeEvidence, Sequence[TakeEvidence], AlignOptions], Link | None
]


def align_takes(
    evidence: Sequence[TakeEvidence],
    options: AlignOptions | None = None,
    offsets_s: Mapping[str, float] | None = None,
) -> Alignment:
    """Put takes (one to four, or more) on the clock of the first one, from its start.

    For each take the best evidence wins: an offset given by hand (`offsets_s`: take id
    -> what to add to its `take_s` for `call_s`), a clock that both takes were recorded
    on, beacons, sound. A take may be linked through another one; the errors add up.

    Raises BadInputError for no take, for one that was given twice and for an offset of
    an unknown take or of the first one; UnalignableError with all that was tried where
    a take has nothing in common with those already placed.
    """
    return _Aligner(evidence, options or AlignOptions(), offsets_s or {}).align()


class FindLink(Protocol):
    """A way to link two takes; None where it has nothing to say."""

    __name__: str

    def __call__(self, first: TakeEvidence, second: TakeEvidence, /) -> Link | None:
        """Return the link from the first take to the second."""
        ...


class _Aligner:
    """The takes, the links found so far, and what was tried."""

    def __init__(
        self,
        evidence: Sequence[TakeEvidence],
        options: AlignOptions,
        offsets_s: Mapping[str, float],
    ) -> None:
        self.takes = tuple(evidence)
        self.options = options
        self.offsets_s = offsets_s
        self.tried: list[str] = []
        self.placed = list(self.takes[:1])
        self.links: list[Link] = []
        self.asked: set[tuple[str, str, str]] = set()
        _refuse_bad_input(self.takes, offsets_s)

    def align(self) -> Alignment:
        """Grow a tree of links from the first take, the best kind of evidence first."""
        reference = self.takes[0]
        for take in self.takes[1:]:
            if take.take_id in self.offsets_s:
                self._place(take, _by_hand(reference, take, self.offsets_s, self.options))
        while self._grow():
            pass
        lost = [take.take_id for take in self._unplaced()]
        if lost:
            raise UnalignableError(
                f"{' and '.join(lost)} and {reference.take_id} have nothing in common; check that "
                "they belong to one call, or say when each one starts with --offset",
                tuple(self.tried),
            )
        return _alignment(self.takes, self.links)

    def _grow(self) -> bool:
        """Link one more take to a placed one, by the best kind of evidence that any has."""
        for find in (_on_one_clock, self._by_beacons, self._by_server, self._by_sound):
            for known in self.placed:
                for take in self._unplaced():
                    link = self._asked_once(find, known, take)
                    if link is not None:
                        self._place(take, link)
                        return True
        return False

    def _asked_once(self, find: FindLink, known: TakeEvidence, take: TakeEvidence) -> Link | None:
        question = (find.__name__, known.take_id, take.take_id)
        if question in self.asked:
            return None
        self.asked.add(question)
        return find(known, take)

    def _place(self, take: TakeEvidence, link: Link) -> None:
        self.placed.append(take)
        self.links.append(link)

    def _unplaced(self) -> list[TakeEvidence]:
        known = {take.take_id for take in self.placed}
        return [take for take in self.takes if take.take_id not in known]

    def _by_beacons(self, first: TakeEvidence, second: TakeEvidence) -> Link | None:
        return self._beacons(link_by_beacons, first, second, "beacons between")

    def _by_server(self, first: TakeEvidence, second: TakeEvidence) -> Link | None:
        return self._beacons(link_through_server, first, second, "beacons to one server from")

    def _beacons(
        self, find: BeaconLink, first: TakeEvidence, second: TakeEvidence, words: str
    ) -> Link | None:
        link = find(first, second, self.takes, self.options)
        if link is None:
            self.tried.append(f"{words} {first.take_id} and {second.take_id}: none")
            return None
        if first.microphone is None or second.microphone is None:
            return link
        return checked_by_sound(link, listen(first, second, self.options), self.options)

    def _by_sound(self, first: TakeEvidence, second: TakeEvidence) -> Link | None:
        self._refuse_twins(first, second)
        heard = listen(first, second, self.options)
        self.tried.extend(heard.tried)
        return link_by_sound(first, second, heard, self.options)

    def _refuse_twins(self, first: TakeEvidence, second: TakeEvidence) -> None:
        if first.microphone is None or second.microphone is None:
            return
        if is_same_recording(first.microphone, second.microphone, self.options):
            raise _given_twice(second.take_id, first.take_id)


def _refuse_bad_input(takes: Sequence[TakeEvidence], offsets_s: Mapping[str, float]) -> None:
    if not takes:
        raise BadInputError("align", "no take was given; give at least one")
    for first, second in combinations(takes, 2):
        if first.take_id == second.take_id:
            raise _given_twice(second.take_id, first.take_id)
    known = {take.take_id for take in takes[1:]}
    for take_id in offsets_s:
        if take_id not in known:
            raise BadInputError(
                take_id, f"cannot have an offset; those that can: {', '.join(sorted(known)) or '-'}"
            )


def _given_twice(take_id: str, other_id: str) -> BadInputError:
    same = "" if take_id == other_id else f" as {other_id}"
    return BadInputError(take_id, f"is the same recording{same}; give each take once")


def _by_hand(
    first: TakeEvidence,
    second: TakeEvidence,
    offsets_s: Mapping[str, float],
    options: AlignOptions,
) -> Link:
    error_s = options.hand_error_s + options.hand_drift * second.duration_s
    return Link(
        first.take_id,
        second.take_id,
        ClockMap.offset(-offsets_s[second.take_id]),
        error_s,
        ("offset",),
        f"the offset was given by hand and not measured: {options.hand_error_s:g} s for the hand "
        f"and {options.hand_drift * 1e6:g} ppm of drift are assumed",
    )


def _on_one_clock(first: TakeEvidence, second: TakeEvidence) -> Link | None:
    if first.clock_id != second.clock_id:
        return None
    apart_s = (first.started_us - second.started_us) / 1e6
    return Link(
        first.take_id,
        second.take_id,
        ClockMap.offset(apart_s),
        0.0,
        ("clock",),
        "both takes were recorded on one clock",
    )


def _alignment(takes: Sequence[TakeEvidence], links: Sequence[Link]) -> Alignment:
    """Chain the links, which come in the order of growth, to clocks of the first take."""
    reference = takes[0]
    clocks = {reference.take_id: _reference_clock(reference, alone=len(takes) == 1)}
    holes = [Hole(t.take_id, hole.start_s, hole.duration_s) for t in takes for hole in t.holes]
    for link in links:
        known = clocks[link.first_id]
        clocks[link.second_id] = TakeClock(
            link.second_id,
            known.clock.after(link.clock.inverse()),
            known.error_s + link.error_s,
            link.evidence,
            link.estimate,
        )
        holes += [_hole(link, jump) for jump in link.jumps]
    return Alignment(
        tuple(clocks[take.take_id] for take in takes),
        tuple(sorted(holes, key=lambda hole: (hole.take_id, hole.at_s))),
    )


def _reference_clock(take: TakeEvidence, *, alone: bool) -> TakeClock:
    end_s = max(1.0, take.duration_s)
    return TakeClock(
        take.take_id,
        ClockMap(((0.0, 0.0), (end_s, end_s))),
        0.0,
        ("alone",) if alone else ("clock",),
        "the clock of this take is the call clock",
    )


def _hole(link: Link, jump: Jump) -> Hole:
    if jump.size_s > 0:
        return Hole(link.first_id, jump.at_s, jump.size_s)
    return Hole(link.second_id, link.clock(jump.at_s), -jump.size_s)
