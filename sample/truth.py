"""What is true about the sample: what was said when, and how the clocks really ran."""

from __future__ import annotations

from typing import Any

from candid.engine.recording.take import Take
from sample import animation, clocks
from sample.call import Script, Turn
from sample.clocks import Recorder, SoundClock


def truth_document(
    script: Script, recorders: tuple[Recorder, Recorder], takes: dict[str, Take], *, stamp: bool
) -> dict[str, Any]:
    """Return the truth as a JSON value. Every `true_s` is a second of the script's clock."""
    return {
        "schema": "candid.sample-truth/1.0",
        "duration_s": script.duration_s,
        "stamp": _stamp() if stamp else None,
        "turns": [_turn(turn) for turn in script.turns],
        "takes": {each.name: _take(each, script, takes[each.name]) for each in recorders},
    }


def _stamp() -> dict[str, Any]:
    return {
        "bits": animation.STAMP_BITS,
        "cell_px": animation.STAMP_CELL_PX,
        "zero_true_s": animation.STAMP_ZERO_S,
        "picture_px": [animation.WIDTH_PX, animation.HEIGHT_PX],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.turn_id,
        "speaker": turn.speaker,
        "text": turn.text,
        "start_s": round(turn.words[0].start_s, 3),
        "end_s": round(turn.words[-1].end_s, 3),
        "words": [
            {"text": word.text, "start_s": round(word.start_s, 3), "end_s": round(word.end_s, 3)}
            for word in turn.words
        ],
    }


def _take(me: Recorder, script: Script, take: Take) -> dict[str, Any]:
    end_s = script.duration_s + me.extra_s
    sounds = {
        "microphone": clocks.sound_clock(me, me.sound_late_s),
        "heard": clocks.sound_clock(me, me.heard_late_s),
    }
    camera = take.track("camera")
    assert camera is not None
    return {
        "take_id": take.take_id,
        "clock_id": take.clock_id,
        "started_us": take.started_us,
        "drift_ppm": me.drift_ppm,
        "card_ppm": me.card_ppm,
        "take_to_true": [[0.0, me.start_s], [_round(me.take_s(end_s)), end_s]],
        "tracks_to_true": {kind: _knots(clock, end_s) for kind, clock in sounds.items()},
        "camera": {
            "nominal_hz": me.camera.rate_hz,
            "first_true_s": me.start_s + me.camera_late_s,
            "frames": len(clocks.capture_times(me, end_s)),
        },
        "holes": [
            {"kind": kind, "reason": "stalled", "true_s": at_s, "length_s": length_s}
            for kind, clock in sounds.items()
            for at_s, length_s in clock.holes
        ],
        "missing": [
            {
                "kind": gap.kind,
                "reason": gap.reason,
                "take_start_s": _round(gap.interval.start_s),
                "take_end_s": _round(gap.interval.end_s),
            }
            for gap in take.gaps
        ],
        "delay_in": [[_round(at_s), delay_s] for at_s, delay_s in me.path_in.delay_knots],
        "losses_in": [[_round(at_s), length_s] for at_s, length_s in me.path_in.losses],
        "shortest_beacon_way_s": me.beacon_way_s,
        "speaking_dbfs": me.room.speaking_dbfs,
        "noise_dbfs": me.room.noise_dbfs,
        "bleed_db": me.room.bleed_db,
    }


def _knots(clock: SoundClock, end_s: float) -> list[list[float]]:
    """Knots (track_s, true_s) of a sound track; a hole is two with one track_s."""
    return [[_round(track_s), _round(true_s)] for track_s, true_s in clock.knots(end_s)]


def _round(time_s: float) -> float:
    return round(time_s, 6)
