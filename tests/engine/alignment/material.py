"""Simulated calls for the tests of this room, made once a run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.simulation.conversation import Conversation, Scene, Side, simulate
from bench.simulation.recordings import recorded_speech
from bench.simulation.voices import RATE_HZ
from candid.engine.alignment.evidence import TakeEvidence
from candid.engine.alignment.result import Alignment
from candid.engine.alignment.sound import SoundPrint, prepare_sound
from candid.engine.recording.take import Beacon
from candid.engine.timebase import ClockMap

CALM = Scene(duration_s=150.0, n_steps=0)
BUSY = Scene(duration_s=180.0, n_steps=1)


@cache
def speech() -> tuple[NDArray[np.float32], ...]:
    """The sample conversation's own recordings."""
    return tuple(recorded_speech())


@cache
def call(scene: Scene, seed: int, voices: str = "made") -> Conversation:
    if voices == "recorded":
        scene = replace(scene, recordings=speech())
    return simulate(scene, seed)


@cache
def sound_of(scene: Scene, seed: int, name: str, kind: str, voices: str = "made") -> SoundPrint:
    side = side_of(call(scene, seed, voices), name)
    return prepare_sound([side.microphone if kind == "microphone" else side.heard], RATE_HZ)


def side_of(conversation: Conversation, name: str) -> Side:
    return conversation.first if name == "a" else conversation.second


def plain(scene: Scene, seed: int, name: str, voices: str = "made") -> TakeEvidence:
    """A file with its guide: no anchors, no beacons, its hole unknown."""
    microphone = sound_of(scene, seed, name, "microphone", voices)
    heard = sound_of(scene, seed, name, "heard", voices)
    return TakeEvidence(name, name, name, microphone.duration_s, microphone, heard)


def recorded(scene: Scene, seed: int, name: str, beacons: tuple[Beacon, ...] = ()) -> TakeEvidence:
    """A take folder: the recorder's clock knows of the hole."""
    clock = side_of(call(scene, seed), name).track_clock()
    take = plain(scene, seed, name)
    assert take.microphone is not None
    assert take.heard is not None
    return replace(
        take,
        microphone=replace(take.microphone, clock=clock),
        heard=replace(take.heard, clock=clock),
        beacons=beacons,
    )


def errors_s(
    alignment: Alignment, truth: ClockMap, conversation: Conversation
) -> NDArray[np.float64]:
    """How far the map from a to b is off, four times a second, but 2 s around the hole."""
    times_s = np.arange(0.0, len(conversation.first.microphone) / RATE_HZ, 0.25)
    off_s = np.abs(alignment.between("a", "b")(times_s) - truth(times_s))
    first, second = conversation.first, conversation.second
    if first.hole_at_s is not None:
        return np.asarray(off_s[np.abs(times_s - first.hole_at_s) > 2.0])
    if second.hole_at_s is not None:
        at_s = truth.inverse()(second.hole_at_s)
        return np.asarray(off_s[np.abs(times_s - at_s) > 2.0])
    return np.asarray(off_s)
