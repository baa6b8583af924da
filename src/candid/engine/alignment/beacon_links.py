"""The link that clock beacons give two takes: straight, or through the server's clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from candid.engine.alignment.beacons import BeaconFit, Readings, fit_beacons, joined, readings
from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.evidence import Jump, Link, TakeEvidence
from candid.engine.recording.take import Beacon


def link_by_beacons(
    first: TakeEvidence, second: TakeEvidence, takes: Sequence[TakeEvidence], options: AlignOptions
) -> Link | None:
    """Return the link that exchanges between the two clocks give, or None without any.

    Beacons tell of clocks, so those of any of `takes` on one of the two clocks count.
    """
    asked = readings(_told(first, second.clock_id, takes), first.started_us, second.started_us)
    answered = readings(_told(second, first.clock_id, takes), second.started_us, first.started_us)
    exchanges = joined((asked, answered.turned()))
    if not len(exchanges):
        return None
    fit = fit_beacons(exchanges)
    return Link(
        first.take_id,
        second.take_id,
        fit.clock(),
        _error_s(fit, options),
        ("beacons",),
        f"half the shortest of {fit.n_exchanges} round trips, which is what an unequal path can "
        "hide, plus the residual of the line through the shortest ones",
        fit.jumps,
    )


def link_through_server(
    first: TakeEvidence, second: TakeEvidence, takes: Sequence[TakeEvidence], options: AlignOptions
) -> Link | None:
    """Return the best link through a third clock that both takes spoke to, or None."""
    own = {take.clock_id for take in takes}
    links = [
        _through(fits, first, second, options)
        for clock_id in sorted(_peers(first, takes) & _peers(second, takes) - own)
        if (fits := _server_fits(clock_id, first, second, takes)) is not None
    ]
    return min(links, key=lambda link: link.error_s, default=None)


def _told(
    own: TakeEvidence, peer_clock_id: str, takes: Iterable[TakeEvidence]
) -> frozenset[Beacon]:
    """Return the beacons that were sent from this take's clock to another clock."""
    return frozenset(
        beacon
        for take in takes
        if take.clock_id == own.clock_id
        for beacon in take.beacons
        if beacon.peer_clock_id == peer_clock_id
    )


def _peers(own: TakeEvidence, takes: Iterable[TakeEvidence]) -> set[str]:
    return {
        beacon.peer_clock_id
        for take in takes
        if take.clock_id == own.clock_id
        for beacon in take.beacons
    }


def _server_fits(
    clock_id: str, first: TakeEvidence, second: TakeEvidence, takes: Sequence[TakeEvidence]
) -> tuple[BeaconFit, BeaconFit] | None:
    """Return how the server's clock runs against each of the two."""
    zero_us = min(beacon.t2_us for beacon in _told(first, clock_id, takes))
    both: list[Readings] = [
        readings(_told(take, clock_id, takes), take.started_us, zero_us) for take in (first, second)
    ]
    if not all(len(each) for each in both):
        return None
    return fit_beacons(both[0]), fit_beacons(both[1])


def _through(
    fits: tuple[BeaconFit, BeaconFit],
    first: TakeEvidence,
    second: TakeEvidence,
    options: AlignOptions,
) -> Link:
    to_server, from_server = fits[0].clock(), fits[1].clock().inverse()
    clock = from_server.after(to_server)
    back = clock.inverse()
    lost_by_first = [jump for jump in fits[0].jumps if jump.size_s > 0]
    lost_by_second = [
        Jump(back(jump.at_s), -jump.size_s) for jump in fits[1].jumps if jump.size_s > 0
    ]
    return Link(
        first.take_id,
        second.take_id,
        clock,
        sum(_error_s(fit, options) for fit in fits),
        ("beacons",),
        f"half the shortest round trip of each to the server's clock, {fits[0].n_exchanges} and "
        f"{fits[1].n_exchanges} exchanges, plus the residuals of both lines",
        (*lost_by_first, *lost_by_second),
    )


def _error_s(fit: BeaconFit, options: AlignOptions) -> float:
    return fit.least_half_trip_s + fit.residual_s + options.clock_residual_s
