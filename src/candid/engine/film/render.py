"""Drawing the film: shots from the cache or anew, one sound, joined; whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import Alignment
from candid.engine.files import file_sha256, json_sha256, replacing
from candid.engine.film.encode import code_version, encode_shot, shot_key
from candid.engine.film.join import join
from candid.engine.film.loudness import Loudness
from candid.engine.film.noise import filter_version
from candid.engine.film.pictures import PictureReader
from candid.engine.film.plan import FilmPlan
from candid.engine.film.soundtrack import Mastering, make_soundtrack
from candid.engine.film.sources import FilmSource
from candid.engine.seals import read_sealed, write_sealed
from candid.engine.timebase import ClockMap

Progress = Callable[[int, int], None]
"""Called with the frames that are done and the frames of the whole film."""


@dataclass(frozen=True, slots=True)
class RenderResult:
    """The finished film and what it took.

    `encoded_frames` were drawn now, all others came from the cache; `encoded_sound`
    says the same of the sound. `used` are the cache files that the film needs.
    """

    path: Path
    sha256: str
    n_frames: int
    encoded_frames: int
    encoded_sound: bool
    duration_s: float
    gain_db: float
    loudness: Loudness
    notes: tuple[str, ...]
    used: tuple[Path, ...]


def render_film(
    plan: FilmPlan,
    sources: Sequence[FilmSource],
    alignment: Alignment,
    cache: Path,
    path: Path,
    progress: Progress | None = None,
) -> RenderResult:
    """Draw the film of `plan` into `path` (.mp4), with finished shots kept in `cache`.

    A second run draws only what changed; a run that was interrupted goes on after its
    last finished shot; what was damaged in the cache, to a bit, is made anew. `progress`
    may raise to stop. The same plan gives the same bytes, fresh, resumed or from the
    cache. Raises OutputError where the disk refuses.
    """
    by_take = {source.take_id: source for source in sources}
    clocks = {source.take_id: alignment.take(source.take_id).clock for source in sources}
    fragments, encoded = _fragments(plan, by_take, cache, progress)
    sound, mastering, is_new = _sound(plan, sources, clocks, cache)
    with replacing(path) as draft:
        join(fragments, sound, plan, draft)
    made = [*dict.fromkeys(fragments), sound]
    return RenderResult(
        path=path,
        sha256=file_sha256(path),
        n_frames=plan.n_frames,
        encoded_frames=encoded,
        encoded_sound=is_new,
        duration_s=plan.timeline.duration_s,
        gain_db=mastering.gain_db,
        loudness=mastering.loudness,
        notes=plan.notes,
        used=(*made, *map(_seal, made)),
    )


def _fragments(
    plan: FilmPlan, sources: Mapping[str, FilmSource], cache: Path, progress: Progress | None
) -> tuple[list[Path], int]:
    """Return a fragment for each shot and how many frames were encoded for them."""
    reader = PictureReader(sources)
    counter = _Counter(plan.n_frames, progress)
    paths: list[Path] = []
    encoded = 0
    for shot in plan.shots:
        path = cache / "shots" / f"{shot_key(shot, sources, plan.options)}.mp4"
        if read_sealed(_seal(path)) is not None:
            counter.advance(shot.n_frames)
        else:
            encode_shot(shot, reader, path, plan.options, counter.advance)
            write_sealed(_seal(path), {}, [path])
            encoded += shot.n_frames
        paths.append(path)
    return paths, encoded


def _seal(path: Path) -> Path:
    return path.with_suffix(".json")


class _Counter:
    """Counts frames and tells the caller."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def advance(self, n_frames: int = 1) -> None:
        self._done += n_frames
        if self._progress is not None:
            self._progress(self._done, self._total)


def sound_key(plan: FilmPlan, sources: Sequence[FilmSource], clocks: Mapping[str, ClockMap]) -> str:
    """Return the address of the film's sound: a hash of all that decides its samples."""
    return json_sha256(
        {
            "sound": asdict(plan.sound),
            "options": asdict(plan.options.sound),
            # A list: of two takes of one person the first is heard.
            "sources": [
                [
                    source.take_id,
                    source.identity,
                    source.participant_id,
                    clocks[source.take_id].knots,
                    source.microphone.clock.knots if source.microphone else None,
                    [[struck.start_s, struck.end_s] for struck in source.struck],
                ]
                for source in sources
            ],
            "filter": filter_version() if plan.options.sound.suppress_noise_db > 0 else None,
            "code": code_version(),
        }
    )


def _sound(
    plan: FilmPlan,
    sources: Sequence[FilmSource],
    clocks: Mapping[str, ClockMap],
    cache: Path,
) -> tuple[Path, Mastering, bool]:
    path = cache / "sound" / f"{sound_key(plan, sources, clocks)}.m4a"
    known = read_sealed(_seal(path))
    if known is not None:
        return path, _mastering(known), False
    mastering = make_soundtrack(plan.sound, sources, clocks, plan.options.sound, path)
    known = {
        "gain_db": mastering.gain_db,
        "integrated_lufs": mastering.loudness.integrated_lufs,
        "true_peak_dbtp": mastering.loudness.true_peak_dbtp,
    }
    write_sealed(_seal(path), known, [path])
    return path, mastering, True


def _mastering(known: dict[str, Any]) -> Mastering:
    loudness = Loudness(known["integrated_lufs"], known["true_peak_dbtp"])
    return Mastering(known["gain_db"], loudness)
