"""Shots as closed-GOP fragments of H.264, in a content-addressed cache."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import av
import numpy as np
import PIL
from av.video.frame import PictureType
from av.video.stream import VideoStream

from candid.engine.files import json_sha256, replacing
from candid.engine.film.colour import BT709, PIXEL_FORMAT
from candid.engine.film.compose import compose
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.pictures import PictureReader
from candid.engine.film.plan import Picture, ShotPlan
from candid.engine.film.sources import FilmSource

_ENGINE = Path(__file__).parents[1]
# What decides a film besides its plan: drawing, reading the media, and telling the time.
_SOURCES = ("*.py", "film/**/*.py", "film/**/*.woff2", "recording/**/*.py", "alignment/result.py")


@functools.cache
def code_version(engine: Path = _ENGINE) -> str:
    """Return a hash of everything that draws and encodes, and of what it reads the media with.

    That is this room and its fonts, the recording room, clocks, the engine's own
    modules and the libraries.
    """
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _SOURCES for path in engine.glob(pattern)}):
        digest.update(path.relative_to(engine).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(repr(sorted(av.library_versions.items())).encode())
    digest.update(f"{av.__version__} {np.__version__} {PIL.__version__}".encode())
    return digest.hexdigest()


def shot_key(shot: ShotPlan, sources: Mapping[str, FilmSource], options: FilmOptions) -> str:
    """Return the address of a shot's fragment: a hash of all that decides its pixels.

    Its place in the film is no part of it, nor is its name: a shot that moves is found again.
    """
    document = asdict(shot)
    del document["start_frame"], document["shot_id"]
    take_ids = {
        shown.take_id for tile in shot.tiles for shown in tile.frames if isinstance(shown, Picture)
    }
    return json_sha256(
        {
            "shot": document,
            "sources": {each: sources[each].identity for each in sorted(take_ids)},
            "encoder": encoder_options(options),
            "canvas": [options.canvas.width, options.canvas.height],
            "rate": str(options.rate),
            "threads": options.encoder_threads,
            "code": code_version(),
        }
    )


def encoder_options(options: FilmOptions) -> dict[str, str]:
    """Return x264's settings, as FFmpeg names them."""
    return {
        "preset": options.preset,
        "crf": str(options.crf),
        "profile": "high",
        "g": str(round(options.key_frame_s * options.rate)),
        "flags": "+cgop+bitexact",
    }


def encode_shot(
    shot: ShotPlan,
    reader: PictureReader,
    path: Path,
    options: FilmOptions,
    on_frame: Callable[[], None],
) -> None:
    """Draw and encode a shot into `path`, whole or not at all.

    `on_frame` is called after every frame; what it raises ends the work. Raises
    OutputError where the disk refuses.
    """
    with (
        replacing(path) as draft,
        av.open(str(draft), "w", format="mp4", options={"fflags": "+bitexact"}) as container,
    ):
        stream = container.add_stream("libx264", rate=options.rate)
        configure(stream, options)
        for number, frame in enumerate(compose(shot, options.canvas, reader)):
            frame.pts, frame.time_base = number, 1 / options.rate
            # A camera's key frame must not become one here.
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
            on_frame()
        container.mux(stream.encode(None))


def configure(stream: VideoStream, options: FilmOptions) -> None:
    """Set a libx264 stream up for the film."""
    context = stream.codec_context
    context.width, context.height = options.canvas.width, options.canvas.height
    context.pix_fmt = PIXEL_FORMAT
    context.time_base = 1 / options.rate
    context.thread_count = options.encoder_threads
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = 1
    context.options = encoder_options(options)
