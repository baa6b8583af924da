"""Where a stretch of the conversation lies on each recorder's clock, and which fragments hold it.

Every doubt widens the stretch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from candid.engine.documents import LARGEST_WHOLE
from candid.engine.recording.boxes import fragment_span
from candid.engine.recording.take import Beacon, Take, Track, TrackKind

# Readings of clocks are late at times: better a fragment too many than a word too few.
MARGIN_US = 250_000
# Of so many exchanges on either side of a moment the one with the shortest round trip tells.
NEAREST_BEACONS = 10
# The stored fragments of a track by their numbers, each with what reads its beginning.
StoredBytes = Mapping[int, Callable[[], bytes]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was taken back, on the clock of that name (the server's, or a recorder's)."""

    clock_id: str
    start_us: int
    end_us: int


def own_stretches(take: Take) -> list[Stretch]:
    """Return what this device says was struck, on its own clock: for its own take alone."""
    return [
        Stretch(
            take.clock_id,
            take.started_us + round(gap.interval.start_s * 1e6),
            take.started_us + round(gap.interval.end_s * 1e6),
        )
        for gap in take.gaps
        if gap.reason == "struck"
    ]


def on_clock(take: Take | None, stretches: tuple[Stretch, ...]) -> list[Stretch]:
    """Return the stretches on the take's recorder clock, widened by what is uncertain."""
    if take is None:
        return []
    told: dict[str, list[Beacon]] = {take.clock_id: []}
    for beacon in sorted(take.beacons, key=lambda each: each.t2_us):
        told.setdefault(beacon.peer_clock_id, []).append(beacon)
    return [
        _place(take.clock_id, told[each.clock_id], each)
        for each in stretches
        if each.clock_id in told
    ]


def _place(clock_id: str, told: list[Beacon], stretch: Stretch) -> Stretch:
    if stretch.clock_id == clock_id:
        return stretch
    start_us = _own_us(told, stretch.start_us)[0]
    end_us = _own_us(told, stretch.end_us)[1]
    # A manifest holds no larger numbers, and no gap that ends before it starts.
    first_us, last_us = max(min(start_us, end_us), -LARGEST_WHOLE), min(end_us, LARGEST_WHOLE)
    return Stretch(clock_id, min(first_us, last_us), max(first_us, last_us))


def _own_us(told: list[Beacon], at_us: int) -> tuple[int, int]:
    """Return the earliest and latest reading of the take's clock at a moment of another.

    The best exchange on either side tells, and every near one that contradicts them: where the
    clock of a computer that slept stood still, those before and after it disagree. As no clock
    runs back, the moment lies between the last exchange before it and the first after it.
    """
    middle = bisect_right(told, at_us, key=lambda each: each.t2_us)
    before = told[max(0, middle - NEAREST_BEACONS) : middle]
    after = told[middle : middle + NEAREST_BEACONS]
    best = [min(side, key=lambda each: each.round_trip_s) for side in (before, after) if side]
    spans = [_own_span(each, at_us) for each in best]
    earliest_us, latest_us = min(span[0] for span in spans), max(span[1] for span in spans)
    for start_us, end_us in [_own_span(each, at_us) for each in (*before, *after)]:
        if end_us < earliest_us or start_us > latest_us:
            spans.append((start_us, end_us))
    first_us = max((each.t1_us for each in before), default=-LARGEST_WHOLE)
    last_us = min((each.t4_us for each in after), default=LARGEST_WHOLE)
    return max(first_us, min(span[0] for span in spans)), min(last_us, max(e for _, e in spans))


def _own_span(beacon: Beacon, at_us: int) -> tuple[int, int]:
    ahead_us, doubt_us = _peer_ahead(beacon)
    return at_us - ahead_us - doubt_us, at_us - ahead_us + doubt_us


def _peer_ahead(beacon: Beacon) -> tuple[int, int]:
    """Return how far the peer's clock is ahead, and half the round trip, in us."""
    ahead_us = ((beacon.t2_us - beacon.t1_us) + (beacon.t3_us - beacon.t4_us)) // 2
    return ahead_us, max(0, round(beacon.round_trip_s * 1e6 / 2))


def numbers_within(
    take: Take | None,
    kind: TrackKind,
    stretches: list[Stretch],
    list_stored: Callable[[], StoredBytes],
) -> Iterator[int]:
    """Yield the numbers of a track that hold anything of the stretches."""
    track = None if take is None else take.track(kind)
    if take is None or track is None or not stretches:
        return
    for number, span in _spans(track, list_stored()):
        if span is None or any(
            span[0] < each.end_us + MARGIN_US and span[1] > each.start_us - MARGIN_US
            for each in stretches
        ):
            yield number


def _spans(track: Track, stored: StoredBytes) -> Iterator[tuple[int, tuple[float, float] | None]]:
    """Yield every fragment with its time on the recorder clock in us; None: it tells none.

    What is stored and not listed yet is asked itself, for it holds its own time.
    """
    listed = {each.number: (each.start, each.duration) for each in track.fragments}
    for number, read_bytes in sorted(stored.items()):
        if number not in listed:
            try:
                start, duration = fragment_span(read_bytes())
            except ValueError:
                yield number, None
            else:
                yield number, _span_us(track, start, duration)
    for number, (start, duration) in listed.items():
        yield number, _span_us(track, start, duration)


def _span_us(track: Track, start: int, duration: int) -> tuple[float, float]:
    """Return when a stretch of media time was captured, at the earliest and at the latest.

    A stall of the capture lies somewhere between two anchors: the start is told by the
    one before it, the end by the one after it.
    """
    return min(_captured_us(track, start)), max(_captured_us(track, start + duration))


def _captured_us(track: Track, units: int) -> list[float]:
    """Return what the anchors on both sides of a media time say of its capture."""
    after = bisect_right(track.anchors, units, key=lambda anchor: anchor.sample)
    near = track.anchors[max(0, after - 1) : after + 1]
    if not near:
        return [track.origin_us + units * 1e6 / track.rate]
    return [each.monotonic_us + (units - each.sample) * 1e6 / track.rate for each in near]
