"""x264 alone, on the finished frames of the edit: FOLDER N_SHOTS SHOT_S OUT.

Beside it, what decoding the cameras takes: no renderer can do with less than both.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import av
from av.video.frame import PictureType

from bench.render_peers.candid_edit import plan, sources
from bench.render_peers.edit import RATE, make_edit
from candid.engine.film.colour import frame_planes, new_frame
from candid.engine.film.compose import compose
from candid.engine.film.encode import configure
from candid.engine.film.pictures import PictureReader
from candid.engine.film.plan import FilmPlan, Picture
from candid.engine.film.sources import FilmSource

# A thread that works would use a good part of this.
REST_S = 0.1


def main(arguments: list[str]) -> None:
    """Draw shot by shot into memory, and count only the seconds within the encoder."""
    folder, n_shots, shot_s, out = arguments
    takes = sources(Path(folder))
    planned = plan(make_edit(int(n_shots), float(shot_s)), takes)
    reader = PictureReader({take.take_id: take for take in takes})
    counter = _Counter()
    number = 0
    with av.open(out, "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        configure(stream, planned.options)
        for shot in planned.shots:
            frames = [_copied(f) for f in compose(shot, planned.options.canvas, reader)]
            counter.start()
            for frame in frames:
                frame.pts, frame.time_base = number, 1 / planned.options.rate
                frame.pict_type = PictureType.NONE
                container.mux(stream.encode(frame))
                number += 1
            counter.stop()
        counter.start()
        container.mux(stream.encode(None))
        counter.stop()
    print(json.dumps({"cpu_s": counter.cpu_s, "decode_cpu_s": _decode(planned, takes)}))


def _decode(planned: FilmPlan, takes: tuple[FilmSource, ...]) -> float:
    """Decode the frames that the film shows; return the CPU seconds that it took."""
    reader = PictureReader({take.take_id: take for take in takes})
    started = time.process_time()
    for shot in planned.shots:
        for number in range(shot.n_frames):
            for tile in shot.tiles:
                shown = tile.frames[number]
                assert isinstance(shown, Picture)
                reader.read(shown)
    return time.process_time() - started


class _Counter:
    """Counts CPU seconds; the encoder's threads have come to rest before it stops."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._started = 0.0

    def start(self) -> None:
        self._started = time.process_time()

    def stop(self) -> None:
        before = -1.0
        while (now := time.process_time()) - before > REST_S / 20:
            before = now
            time.sleep(REST_S)
        self.cpu_s += now - self._started


def _copied(frame: av.VideoFrame) -> av.VideoFrame:
    """Return a frame of its own: the composer draws on one canvas again and again."""
    copy = new_frame(frame.width, frame.height)
    for onto, plane in zip(frame_planes(copy), frame_planes(frame), strict=True):
        onto[...] = plane
    return copy


if __name__ == "__main__":
    main(sys.argv[1:])
