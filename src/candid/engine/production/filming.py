"""From a cut to the finished files: films, captions, poster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import Alignment
from candid.engine.cut.decisions import Cut
from candid.engine.errors import MissingTrackError
from candid.engine.files import write_text
from candid.engine.film.captions import with_captions
from candid.engine.film.defaults import FilmOptions, SoundOptions, canvas_size
from candid.engine.film.phase import camera_phase_s
from candid.engine.film.planning import film_timeline, plan_film
from candid.engine.film.poster import write_poster
from candid.engine.film.render import RenderResult, render_film
from candid.engine.film.sources import FilmSource
from candid.engine.production.options import FilmLook
from candid.engine.production.privacy import on_take, private_time
from candid.engine.production.takes import StudioTake
from candid.engine.progress import Progress
from candid.engine.recording.camera import CameraTrack, open_camera
from candid.engine.transcript.conformance import check_cues, conformance_document
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
class Target:
    """One film to draw: its shape and file, the folder of finished shots, and a poster's file."""

    aspect: str
    film: Path
    cache: Path
    poster: Path | None = None


@dataclass(frozen=True, slots=True)
class Captions:
    """The film's captions, how they keep to the rules, and their files' texts."""

    cues: tuple[Cue, ...]
    conformance: dict[str, Any]
    vtt: str
    srt: str

    def write(self, film: Path) -> None:
        """Write the captions beside a film, with its name. Raises OutputError."""
        write_text(film.with_suffix(".vtt"), self.vtt)
        write_text(film.with_suffix(".srt"), self.srt)


def make_captions(screenplay: Screenplay, sources: Sequence[FilmSource]) -> Captions:
    """Set the captions of a film, on its clock."""
    cut, transcript = screenplay.cut, screenplay.transcript
    aspect = screenplay.look.aspects[0]
    timeline = film_timeline(cut, film_options(screenplay, sources, aspect))
    words = timeline.words(apply_corrections(transcript))
    cues = make_cues(words, barriers=timeline.barriers_s, language=transcript.language)
    names = {person.participant_id: person.name or "" for person in cut.participants}
    note = None if transcript.is_read else _MACHINE_NOTE
    checked = check_cues(cues, words, barriers=timeline.barriers_s)
    return Captions(
        cues=cues,
        conformance=conformance_document(checked),
        vtt=write_vtt(cues, names, note=note),
        srt=write_srt(cues),
    )


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
    target: Target,
    progress: Progress,
) -> RenderResult:
    """Draw the film in one aspect, and its poster. Raises OutputError."""
    aspect, path, poster = target.aspect, target.film, target.poster
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
        target.cache,
        path,
        lambda done, total: progress(step, done, total),
    )
    if poster is not None:
        write_poster(plan, sources, poster)
    return result


@contextmanager
def film_sources(
    takes: Sequence[StudioTake], alignment: Alignment
) -> Iterator[tuple[FilmSource, ...]]:
    """Open the cameras of all takes for as long as the block lasts.

    A camera of which nothing is left is none.
    """
    private = private_time(takes, alignment)
    with ExitStack() as stack:
        yield tuple(
            FilmSource(
                take_id=take.take_id,
                participant_id=take.participant_id,
                identity=take.content_key,
                camera=_camera(take, stack),
                microphone=take.microphone,
                struck=on_take(private, take.take_id, alignment),
            )
            for take in takes
        )


def _camera(take: StudioTake, stack: ExitStack) -> CameraTrack | None:
    if not take.source.has("camera"):
        return None
    try:
        return stack.enter_context(open_camera(take.source))
    except MissingTrackError:
        return None
