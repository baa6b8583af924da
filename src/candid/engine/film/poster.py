"""The still that stands for the film: the sharpest of a few moments with everybody in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from av.video.reformatter import Colorspace
from PIL import Image

from candid.engine.files import replacing
from candid.engine.film.compose import compose
from candid.engine.film.pictures import PictureReader
from candid.engine.film.plan import FilmPlan, ShotPlan
from candid.engine.film.sources import FilmSource

JPEG_QUALITY = 90


def write_poster(plan: FilmPlan, sources: Sequence[FilmSource], path: Path) -> None:
    """Draw the plan's poster to `path` (.jpg), as large as the film. Raises OutputError.

    Names and captions are left out: a page says who it is beside the picture.
    """
    reader = PictureReader({source.take_id: source for source in sources})
    stills = [
        _drawn(ShotPlan(f"poster-{at}", 0, 1, "poster", tiles), plan, reader)
        for at, tiles in enumerate(plan.poster.candidates)
    ]
    sharpest = max(stills, key=_sharpness)
    with replacing(path) as draft:
        sharpest.save(draft, "JPEG", quality=JPEG_QUALITY, optimize=True)


def _drawn(shot: ShotPlan, plan: FilmPlan, reader: PictureReader) -> Image.Image:
    frame = next(compose(shot, plan.options.canvas, reader))
    rgb = frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU709)
    return Image.fromarray(rgb.to_ndarray())


def _sharpness(still: Image.Image) -> float:
    """Return how steeply brightness changes, on average: motion and defocus lower it."""
    luma = np.asarray(still.convert("L"), dtype=np.float32)
    return float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean())
