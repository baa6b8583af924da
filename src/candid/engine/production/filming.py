"""From a cut to the finished files: films, captions, poster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from candid.engine.alignment.result import Alignment
from candid.engine.cut.decisions import Cut
from candid.engine.files import write_text
from candid.engine.film.captions import with_captions
from candid.engine.film.defaults import FilmOptions, SoundOptions, canvas_size
from candid.engine.film.phase import camera_phase_s
from candid.engine.film.planning import film_timeline, plan_film
from candid.engine.film.poster import write_poster
from candid.engine.film.render import RenderResult, render_film
from candid.engine.film.sources import FilmSource
from candid.engine.production.options import FilmLook
from candid.engine.production.takes import StudioTake
from candid.engine.progress import Progress
from candid.engine.recording.camera import open_camera
from candid.engine.transcript.conformance import Conformance, check_cues
from candid.engine.transcript.corrections import apply_corrections
from candid.engine.transcript.cues import Cue, make_cues
from candid.engine.transcript.subtitles import write_srt, write_vtt
from candid.engine.transcript.words import Transcript

# Leaves some of the room, which sounds natural where the cuts are.
_NOISE_DB = 18.0
_MACHINE_NOTE = "Transcribed by a machine; no person has read it yet."


@dataclass(frozen=True, slots=True)
class Screenplay:
    """All that decides the films of one cut."""

    cut: Cut
    alignment: Alignment
    transcript: Transcript
    look: FilmLook


@dataclass(frozen=True, slots=True)
class Captions:
    """The film's captions and how they keep to the rules."""

    cues: tuple[Cue, ...]
    conformance: Conformance


def write_captions(screenplay: Screenplay, sources: Sequence[FilmSource], stem: Path) -> Captions:
    """Write `stem`.vtt and `stem`.srt. Raises OutputError."""
    cut, transcript = screenplay.cut, screenplay.transcript
    aspect = screenplay.look.aspects[0]
    timeline = film_timeline(cut, film_options(screenplay, sources, aspect))
    words = timeline.words(apply_corrections(transcript))
    cues = make_cues(words, barriers=timeline.barriers_s, language=transcript.language)
    names = {person.participant_id: person.name or "" for person in cut.participants}
    note = None if transcript.corrections else _MACHINE_NOTE
    write_text(stem.with_suffix(".vtt"), write_vtt(cues, names, note=note))
    write_text(stem.with_suffix(".srt"), write_srt(cues))
    return Captions(cues, check_cues(cues, words))


def film_options(screenplay: Screenplay, sources: Sequence[FilmSource], aspect: str) -> FilmOptions:
    """Return the options of a film in one aspect, in step with its cameras."""
    look = screenplay.look
    rate = FilmOptions().rate
    return FilmOptions(
        canvas=canvas_size(aspect, draft=look.is_draft),
        rate=rate,
        phase_s=camera_phase_s(sources, screenplay.alignment, rate),
        sound=SoundOptions(suppress_noise_db=_NOISE_DB if look.denoise else 0.0),
    )


def render_aspect(
    screenplay: Screenplay,
    sources: Sequence[FilmSource],
    cues: Sequence[Cue],
    target: tuple[str, Path],
    cache: Path,
    progress: Progress,
) -> RenderResult:
    """Draw the film in one aspect; `target` is the aspect and the file. Raises OutputError."""
    aspect, path = target
    words = apply_corrections(screenplay.transcript)
    options = film_options(screenplay, sources, aspect)
    plan = plan_film(screenplay.cut, screenplay.alignment, sources, words, options)
    if screenplay.look.burn_captions:
        plan = with_captions(plan, cues)
    step = f"drawing the film, {aspect}"
    result = render_film(
        plan,
        sources,
        screenplay.alignment,
        cache,
        path,
        lambda done, total: progress(step, done, total),
    )
    if path.stem == "film":
        write_poster(plan, sources, path.with_name("poster.jpg"))
    return result


@contextmanager
def film_sources(takes: Sequence[StudioTake]) -> Iterator[tuple[FilmSource, ...]]:
    """Open the cameras of all takes for as long as the block lasts."""
    with ExitStack() as stack:
        yield tuple(_film_source(take, stack) for take in takes)


def _film_source(take: StudioTake, stack: ExitStack) -> FilmSource:
    camera = None
    if take.source.has("camera"):
        camera = stack.enter_context(open_camera(take.source))
    return FilmSource(
        take_id=take.take_id,
        participant_id=take.participant_id,
        identity=take.source.sha256,
        camera=camera,
        microphone=take.microphone,
        struck=tuple(gap.interval for gap in take.source.take.gaps if gap.reason == "struck"),
    )
