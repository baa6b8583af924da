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

    A step of both lags of at least `min_hole_s` is a hole. `max_delay_s` is the longest
    one-way delay of a call that is assumed where only one direction could be heard (ITU-T G.114
    calls more than 0.4 s unacceptable). `clock_residual_s` is added to every bound
    from beacons; sound that moves against them by more than `max_disagreement_s` is
    added too. An offset by hand is taken to be right within `hand_error_s`, and clocks
    to drift by up to `hand_drift` (seconds a second).
    """

    block_s: float = 60.0
    max_blocks: int = 16
    window_s: float = 3.0
    search_s: float = 0.6
    min_sharpness: float = 8.0
    min_windows: int = 5
    agree_s: float = 0.03
    min_hole_s: float = 0.04
    max_delay_s: float = 0.4
    clock_residual_s: float = 0.002
    max_disagreement_s: float = 0.06
    hand_error_s: float = 0.1
    hand_drift: float = 200e-6
