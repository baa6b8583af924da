"""Several takes of one call onto one clock, by the best evidence there is for each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from candid.engine.alignment.beacons import BeaconFit, Readings, fit_beacons, joined, readings
from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.evidence import Jump, Link, TakeEvidence
from candid.engine.alignment.listening import link_by_sound, listen
from candid.engine.alignment.result import Alignment, Hole, TakeClock
from candid.engine.errors import BadInputError, UnalignableError
from candid.engine.timebase import ClockMap

_HAND_OFFSET_ERROR_S = 0.1
_HAND_DRIFT = 200e-6


def align_takes(
    evidence: Sequence[TakeEvidence],
    options: AlignOptions | None = None,
    offsets_s: Mapping[str, float] | None = None,
) -> Alignment:
    """Put two to four takes (one is allowed) on the clock of the first one.

    For each take the best evidence wins: an offset given by hand (`offsets_s`: what to
    add to `take_s` for `call_s`), a shared clock, beacons, sound heard in both
    directions, sound heard in one. Takes may be linked through others.

    Raises BadInputError for no take, or one that was given twice, and UnalignableError
    with all that was tried where a take has nothing in common with any other.
    """
    options = options or AlignOptions()
    _check(evidence)
    links = _by_hand(evidence, offsets_s or {})
    placed = {evidence[0].take_id, *(link.second_id for link in links)}
    tried: list[str] = []
    for choose in (_same_clock, _beacon_link, _sound_link):
        links += _grow(evidence, placed, choose, tried, options)
    lost = [take.take_id for take in evidence if take.take_id not in placed]
    if lost:
        raise UnalignableError(
            f"{lost[0]} has nothing in common with {evidence[0].take_id}; check that both "
            "belong to one call, or give its start with --offset",
            tuple(tried),
        )
    return _alignment(evidence, links)


def _check(evidence: Sequence[TakeEvidence]) -> None:
    if not evidence:
        raise BadInputError("align", "no take was given; give at least one")
    seen: set[str] = set()
    for take in evidence:
        if take.take_id in seen:
            raise BadInputError(take.take_id, "was given twice; give each take once")
        seen.add(take.take_id)


def _by_hand(evidence: Sequence[TakeEvidence], offsets_s: Mapping[str, float]) -> list[Link]:
    links = []
    for take in evidence[1:]:
        if take.take_id in offsets_s:
            error_s = _HAND_OFFSET_ERROR_S + _HAND_DRIFT * take.duration_s
            links.append(
                Link(
                    evidence[0].take_id,
                    take.take_id,
                    ClockMap.offset(-offsets_s[take.take_id]),
                    error_s,
                    ("offset",),
                    "the offset was given by hand and not measured: 0.1 s for the hand and "
                    "200 ppm of drift are assumed",
                )
            )
    return links


def _grow(evidence, placed, choose, tried, options):  # type: ignore[no-untyped-def]
    links = []
    grown = True
    while grown:
        grown = False
        for take in evidence:
            if take.take_id in placed:
                continue
            for other in evidence:
                if other.take_id not in placed:
                    continue
                link = choose(other, take, options, tried)
                if link is not None:
                    links.append(link)
                    placed.add(take.take_id)
                    grown = True
                    break
    return links


def _same_clock(first, second, options, tried):  # type: ignore[no-untyped-def]
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


def _exchanges(first: TakeEvidence, second: TakeEvidence) -> Readings:
    def own(take: TakeEvidence, peer: TakeEvidence) -> Readings:
        beacons = [b for b in take.beacons if b.peer_clock_id == peer.clock_id]
        return readings(beacons, take.started_us, peer.started_us)

    return joined([own(first, second), own(second, first).turned()])


def _beacon_link(first, second, options, tried):  # type: ignore[no-untyped-def]
    exchanges = _exchanges(first, second)
    if not len(exchanges):
        tried.append(f"beacons between {first.take_id} and {second.take_id}: none")
        return None
    fit = fit_beacons(exchanges)
    error_s = fit.least_half_trip_s + fit.residual_s + options.clock_residual_s
    return Link(
        first.take_id,
        second.take_id,
        _clock_of(fit),
        error_s,
        ("beacons",),
        f"half the shortest of {fit.n_exchanges} round trips, plus the residual of the line",
        fit.jumps,
    )


def _clock_of(fit: BeaconFit) -> ClockMap:
    return ClockMap(tuple((x, x + y) for x, y in fit.knots))


def _sound_link(first, second, options, tried):  # type: ignore[no-untyped-def]
    heard = listen(first, second, options)
    tried.extend(heard.tried)
    return link_by_sound(first, second, heard, options)


def _alignment(evidence: Sequence[TakeEvidence], links: Sequence[Link]) -> Alignment:
    reference = evidence[0]
    clocks = {
        reference.take_id: TakeClock(
            reference.take_id,
            ClockMap(((0.0, 0.0), (max(1.0, reference.duration_s),) * 2)),
            0.0,
            ("alone",) if len(evidence) == 1 else (),
            "this take's clock is the call clock",
        )
    }
    holes = [
        Hole(take.take_id, hole.start_s, hole.duration_s)
        for take in evidence
        for hole in take.holes
    ]
    for link in links:
        parent = clocks[link.first_id]
        clocks[link.second_id] = TakeClock(
            link.second_id,
            parent.clock.after(link.clock.inverse()),
            parent.error_s + link.error_s,
            link.evidence,
            link.estimate,
        )
        holes += [_hole(link, jump) for jump in link.jumps]
    return Alignment(tuple(clocks[take.take_id] for take in evidence), tuple(holes))


def _hole(link: Link, jump: Jump) -> Hole:
    if jump.size_s > 0:
        return Hole(link.first_id, jump.at_s, jump.size_s)
    return Hole(link.second_id, link.clock(jump.at_s), -jump.size_s)
