"""The numbers alignment works with, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlignOptions:
    """How evidence is weighed; every value > 0. The defaults fit speech over a network.

    Coarse search: blocks of `block_s` of one sound are looked for in the whole other
    one, at most `max_blocks` of them. Fine search: windows of `window_s`, around the
    coarse lag +- `search_s`; a window counts from `min_sharpness`, its peak over the
    correlation's own noise. Two sounds belong together from `min_windows` windows
    that agree within `agree_s`.

    A step of both lags of at least `min_hole_s` is a hole, of one lag of at least
    `min_step_s` a change of the network. `max_delay_s` is the longest one-way delay
    of a call that is assumed where only one direction could be heard (ITU-T G.114
    calls more than 0.4 s unacceptable). `clock_residual_s` is added to every bound
    from beacons.
    """

    block_s: float = 60.0
    max_blocks: int = 16
    window_s: float = 3.0
    search_s: float = 0.6
    min_sharpness: float = 8.0
    min_windows: int = 5
    agree_s: float = 0.03
    min_hole_s: float = 0.04
    min_step_s: float = 0.025
    max_delay_s: float = 0.4
    clock_residual_s: float = 0.002
