"""Turning, cropping and scaling a camera's frame into a tile, in the film's colours."""

from __future__ import annotations

import functools
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


def fit(frame: av.VideoFrame, rotation_deg: int, tile: Rect) -> av.VideoFrame:
    """Return a frame of the tile's size that shows `frame`: the picture, or picture and ground.

    It may be `frame` itself, or share its memory, and is only to be read.
    """
    kind = coded(frame, rotation_deg)
    placement = place(kind.upright, tile)
    picture = _chain(kind, placement.crop, placement.target.size).run(frame)
    if placement.target == tile:
        return picture
    ground = _enlarger(_GROUND, tile.size).run(_chain(kind, placement.crop, _GROUND).run(frame))
    target = placement.target
    inner = replace(target, left=target.left - tile.left, top=target.top - tile.top)
    paste(frame_planes(ground), frame_planes(picture), inner)
    return ground


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


@functools.lru_cache(maxsize=32)
def _chain(kind: Coded, crop: Rect, size: Size) -> _Chain | _Nothing:
    steps: list[str] = [*_TURNS.get(kind.rotation_deg, ())]
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
    return _Chain(kind, tuple(steps)) if steps else _Nothing()


class _Nothing:
    """The chain of a frame that fits as it is."""

    def run(self, frame: av.VideoFrame) -> av.VideoFrame:
        return frame


@functools.lru_cache(maxsize=8)
def _enlarger(small: Size, size: Size) -> _Chain:
    kind = Coded(
        small.width, small.height, PIXEL_FORMAT, "bt709", is_full_range=False, rotation_deg=0
    )
    darker = "lutyuv=y='16+(val-16)*0.42':u='128+(val-128)*0.6':v='128+(val-128)*0.6'"
    return _Chain(
        kind, (darker, f"scale={size.width}:{size.height}:flags=bicubic", f"format={PIXEL_FORMAT}")
    )
