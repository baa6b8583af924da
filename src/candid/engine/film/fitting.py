"""Turning, cropping and scaling a camera's frame into a tile, in the film's colours."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import av
from av.filter import Graph

from candid.engine.film.colour import PIXEL_FORMAT, frame_planes, paste
from candid.engine.film.geometry import Rect, Size, place

# Pictures up to this height that do not say how they are coded are BT.601, as in SDTV.
SMALL_HEIGHT_PX = 576
_MATRIX_NAMES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_FULL_RANGE = 2
_TURNS = {90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
# The ground is made this small and enlarged: only the picture's colours are left of it.
_GROUND = Size(6, 6)


class Coded(NamedTuple):
    """How a frame is coded; frames that agree in it share one filter chain."""

    width: int
    height: int
    pixel_format: str
    matrix: str
    is_full_range: bool
    rotation_deg: int

    @property
    def upright(self) -> Size:
        """Its size once it stands upright."""
        return Size(self.width, self.height).turned(self.rotation_deg)


def coded(frame: av.VideoFrame, rotation_deg: int) -> Coded:
    """Return how a frame is coded; untagged pictures count as BT.601 when small, else BT.709."""
    guess = "smpte170m" if min(frame.width, frame.height) <= SMALL_HEIGHT_PX else "bt709"
    is_full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    matrix = _MATRIX_NAMES.get(frame.colorspace, guess)
    turn = rotation_deg % 360
    return Coded(frame.width, frame.height, frame.format.name, matrix, is_full, turn)


class Fitter:
    """Fits the frames of one tile; it keeps the filter chains, so each thread needs its own."""

    def __init__(self, tile: Rect) -> None:
        self._tile = tile
        self._chains: dict[tuple[Coded, Rect, Size], _Chain | None] = {}
        self._enlarger: _Chain | None = None

    def fit(self, frame: av.VideoFrame, rotation_deg: int) -> av.VideoFrame:
        """Return a frame of the tile's size that shows `frame`: the picture, or picture and ground.

        It may be `frame` itself, or share its memory, and is only to be read.
        """
        kind = coded(frame, rotation_deg)
        placement = place(kind.upright, self._tile)
        picture = self._run(frame, kind, placement.crop, placement.target.size)
        if placement.target == self._tile:
            return picture
        ground = self._enlarged(self._run(frame, kind, placement.crop, _GROUND))
        target, tile = placement.target, self._tile
        inner = replace(target, left=target.left - tile.left, top=target.top - tile.top)
        paste(frame_planes(ground), frame_planes(picture), inner)
        return ground

    def _run(self, frame: av.VideoFrame, kind: Coded, crop: Rect, size: Size) -> av.VideoFrame:
        key = (kind, crop, size)
        if key not in self._chains:
            steps = _steps(kind, crop, size)
            self._chains[key] = _Chain(kind, steps) if steps else None
        chain = self._chains[key]
        return frame if chain is None else chain.run(frame)

    def _enlarged(self, small: av.VideoFrame) -> av.VideoFrame:
        """Darken and enlarge a few pixels of colour to the tile's size."""
        if self._enlarger is None:
            self._enlarger = _Chain(coded(small, 0), _enlarging_steps(self._tile.size))
        return self._enlarger.run(small)


class _Chain:
    """One FFmpeg filter chain from a kind of frame to planes of the film's format."""

    def __init__(self, kind: Coded, filters: tuple[str, ...]) -> None:
        self._graph = Graph()
        self._graph.threads = 1
        source = self._graph.add("buffer", _buffer_arguments(kind))
        at = source
        for each in filters:
            name, _, arguments = each.partition("=")
            following = self._graph.add(name, arguments or None)
            at.link_to(following)
            at = following
        self._source, self._sink = source, self._graph.add("buffersink")
        at.link_to(self._sink)
        self._graph.configure()

    def run(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return the frame that comes out for this one."""
        self._source.push(frame)
        result = self._sink.pull()
        assert isinstance(result, av.VideoFrame)
        return result


def _buffer_arguments(kind: Coded) -> str:
    values = {
        "video_size": f"{kind.width}x{kind.height}",
        "pix_fmt": kind.pixel_format,
        "time_base": "1/1000000",
        "pixel_aspect": "1/1",
    }
    return ":".join(f"{name}={value}" for name, value in values.items())


def _steps(kind: Coded, crop: Rect, size: Size) -> tuple[str, ...]:
    """Return the filters from a kind of frame to planes of `size`; none where it fits."""
    steps = list(_TURNS.get(kind.rotation_deg, ()))
    if crop.size != kind.upright:
        steps.append(f"crop={crop.width}:{crop.height}:{crop.left}:{crop.top}:exact=1")
    is_ready = kind.pixel_format == PIXEL_FORMAT and kind.matrix == "bt709"
    is_ready = is_ready and not kind.is_full_range
    if crop.size != size or not is_ready:
        how = "area" if size == _GROUND else "bicubic"
        steps.append(
            f"scale={size.width}:{size.height}:flags={how}+accurate_rnd"
            f":in_color_matrix={kind.matrix}:out_color_matrix=bt709"
            f":in_range={'pc' if kind.is_full_range else 'tv'}:out_range=tv"
        )
        steps.append(f"format={PIXEL_FORMAT}")
    return tuple(steps)


def _enlarging_steps(size: Size) -> tuple[str, ...]:
    return (
        "lutyuv=y='16+(val-16)*0.42':u='128+(val-128)*0.6':v='128+(val-128)*0.6'",
        f"scale={size.width}:{size.height}:flags=bicubic:in_color_matrix=bt709:out_color_matrix=bt709",
        f"format={PIXEL_FORMAT}",
    )
