"""The film's sound, finished: levelled, mixed, brought to loudness, limited, coded as AAC."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from candid.engine.files import explained_output, replacing
from candid.engine.film.defaults import SoundOptions
from candid.engine.film.limiter import context_samples, limit
from candid.engine.film.loudness import SILENCE_LUFS, Loudness, integrated_lufs, measure
from candid.engine.film.mix import BLOCK_SAMPLES, Mixer
from candid.engine.film.noise import deep_filter, heard_stretches, suppressed
from candid.engine.film.plan import GainCurve, SoundPlan
from candid.engine.film.sources import FilmSource
from candid.engine.timebase import ClockMap

N_CHANNELS = 2
AAC_FRAME = 1024
"""Samples in a packet of AAC."""
# The limiter takes a little loudness away, which one more look gives back.
_PASSES = 3
_NEAR_LU = 0.05


class MixFile:
    """A mono mix on disk, so that a long film needs little memory; read at random."""

    def __init__(self, path: Path, n_samples: int) -> None:
        self._path, self.n_samples = path, n_samples

    def write(self, blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Write the blocks and pass them on."""
        with self._path.open("wb") as file:
            for block in blocks:
                file.write(block.astype("<f4").tobytes())
                yield block

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Return samples [shape=(count,)]; silence outside the mix."""
        samples = np.zeros(count, dtype=np.float32)
        first, end = max(0, start), min(self.n_samples, start + count)
        if first < end:
            part = np.fromfile(self._path, dtype="<f4", count=end - first, offset=4 * first)
            samples[first - start : end - start] = part
        return samples


def limited(mix: MixFile, gain_db: float, options: SoundOptions) -> Iterator[NDArray[np.float32]]:
    """Yield the mix with one linear gain and the limiter, in blocks."""
    gain, ceiling = 10 ** (gain_db / 20), 10 ** (options.ceiling_dbtp / 20)
    around = context_samples(options.rate_hz)
    for start in range(0, mix.n_samples, BLOCK_SAMPLES):
        count = min(BLOCK_SAMPLES, mix.n_samples - start)
        heard = mix.read(start - around, count + 2 * around) * np.float32(gain)
        yield limit(heard, ceiling, options.rate_hz)[around : around + count]


@dataclass(frozen=True, slots=True)
class Mastering:
    """The gain that brought a mix to its loudness, and what the coded sound measures."""

    gain_db: float
    loudness: Loudness


def find_gain_db(mix: MixFile, mixed_lufs: float, options: SoundOptions) -> float:
    """Return the gain at which the limited mix has the target loudness; 0 for silence."""
    if mixed_lufs <= SILENCE_LUFS:
        return 0.0
    gain_db = options.target_lufs - mixed_lufs
    for _ in range(_PASSES):
        blocks = limited(mix, gain_db, options)
        found_lufs = integrated_lufs(blocks, options.rate_hz, n_channels=N_CHANNELS)
        if abs(options.target_lufs - found_lufs) <= _NEAR_LU:
            break
        gain_db += options.target_lufs - found_lufs
    return gain_db


def voice_levels_db(
    plan: SoundPlan,
    sources: Sequence[FilmSource],
    clocks: Mapping[str, ClockMap],
    options: SoundOptions,
) -> dict[str, float]:
    """Return the gain of each participant that makes all voices equally loud.

    Each is measured where the person speaks in the film; the middle of all is the
    measure, and no gain exceeds `most_levelling_db`.
    """
    heard = {
        curve.participant_id: integrated_lufs(
            _spoken(curve, plan, sources, clocks), options.rate_hz
        )
        for curve in plan.gains
    }
    audible = {person: lufs for person, lufs in heard.items() if lufs > -60.0}
    if not audible:
        return {}
    middle = float(np.mean(list(audible.values())))
    most = options.most_levelling_db
    return {person: float(np.clip(middle - lufs, -most, most)) for person, lufs in audible.items()}


def _spoken(
    curve: GainCurve,
    plan: SoundPlan,
    sources: Sequence[FilmSource],
    clocks: Mapping[str, ClockMap],
) -> Iterator[NDArray[np.float32]]:
    """Yield what a person says in the film, one stretch after another, at the mix's rate."""
    own = [source for source in sources if source.participant_id == curve.participant_id]
    alone = Mixer(plan, own, clocks, {}, with_curves=False)
    for start_s, end_s in curve.speech:
        for clip in plan.clips:
            first_s = max(start_s, clip.call_s)
            last_s = min(end_s, clip.call_s + clip.n_samples / plan.rate_hz)
            if first_s < last_s:
                yield alone.call_sound(first_s, round((last_s - first_s) * plan.rate_hz))


def make_soundtrack(
    plan: SoundPlan,
    sources: Sequence[FilmSource],
    clocks: Mapping[str, ClockMap],
    options: SoundOptions,
    path: Path,
) -> Mastering:
    """Write the film's whole sound as AAC into `path` (.m4a); return its gain and loudness.

    Raises OutputError where the disk refuses.
    """
    with explained_output(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".mix-", suffix=".part") as folder:
            mix = MixFile(Path(folder) / "mix.f32", plan.n_samples)
            if options.suppress_noise_db > 0:
                sources = _without_noise(plan, sources, clocks, options, Path(folder))
            levels_db = voice_levels_db(plan, sources, clocks, options)
            mixer = Mixer(plan, sources, clocks, levels_db)
            blocks = mix.write(mixer.blocks())
            mixed_lufs = integrated_lufs(blocks, options.rate_hz, n_channels=N_CHANNELS)
            gain_db = find_gain_db(mix, mixed_lufs, options)
            encode_aac(limited(mix, gain_db, options), options, path)
    return Mastering(gain_db, measure(decoded(path), options.rate_hz, n_channels=N_CHANNELS))


def _without_noise(
    plan: SoundPlan,
    sources: Sequence[FilmSource],
    clocks: Mapping[str, ClockMap],
    options: SoundOptions,
    folder: Path,
) -> tuple[FilmSource, ...]:
    """Return the sources with cleaned microphones, whose samples lie in `folder`."""
    cleaned: list[FilmSource] = []
    for number, source in enumerate(sources):
        if source.microphone is None:
            cleaned.append(source)
            continue
        stretches = heard_stretches(plan, source.microphone, clocks[source.take_id])
        path = folder / f"{number}.pcm"
        with deep_filter(options.suppress_noise_db) as noise_filter:
            track = suppressed(source.microphone, stretches, path, noise_filter)
        cleaned.append(replace(source, microphone=track))
    return tuple(cleaned)


def encode_aac(blocks: Iterator[NDArray[np.float32]], options: SoundOptions, path: Path) -> None:
    """Encode mono blocks as AAC with both channels alike; priming is in the edit list."""
    with (
        replacing(path) as draft,
        av.open(str(draft), "w", format="mp4", options={"fflags": "+bitexact"}) as container,
    ):
        stream = container.add_stream(
            "aac",
            rate=options.rate_hz,
            layout="stereo",
            options={"aac_coder": "fast", "flags": "+bitexact"},
        )
        stream.bit_rate = options.bit_rate
        at = 0
        for block in _regrouped(blocks, AAC_FRAME):
            both = np.repeat(block[None, :], N_CHANNELS, axis=0)
            frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = options.rate_hz, at
            at += len(block)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _regrouped(blocks: Iterator[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """Yield the same samples in blocks of `size`; the last one may be shorter."""
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) // size * size
        yield from rest[:whole].reshape(-1, size)
        rest = rest[whole:]
    if len(rest):
        yield rest


def decoded(path: Path) -> Iterator[NDArray[np.float32]]:
    """Yield a channel of a coded sound, as players hear it, in blocks."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            yield np.asarray(frame.to_ndarray()[0], dtype=np.float32)
