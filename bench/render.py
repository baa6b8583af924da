"""Rendering: CPU against ffmpeg, x264 alone and moviepy; one change; exactness; memory.

`python -m bench.render [--quick]` prints Markdown tables. The peers live in an
environment of their own under build/, made on first use.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.peers import peers_python
from bench.render_peers import ffmpeg_edit
from bench.render_peers.edit import RATE, EditShot, make_edit, make_material, write_edit
from candid.engine.film import look
from candid.engine.film.defaults import canvas_size
from candid.engine.film.plates import draw_plate

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "bench-render"
PINS = ("moviepy==2.2.1", "imageio-ffmpeg==0.6.0")


@dataclass(frozen=True)
class Size:
    """How large a run is: 24 shots of `shot_s` for the ratios, `film_shot_s` for one change."""

    shot_s: float
    film_shot_s: float
    n_rounds: int

    @property
    def material_s(self) -> float:
        """Length of the cameras that hold both edits."""
        return 24 * (max(self.shot_s, self.film_shot_s) + 0.4) + 1


FULL = Size(shot_s=5.0, film_shot_s=10.0, n_rounds=2)
QUICK = Size(shot_s=1.0, film_shot_s=1.0, n_rounds=1)


def main() -> None:
    """Measure and print."""
    size = QUICK if "--quick" in sys.argv else FULL
    peers = peers_python("render", PINS)
    folder = WORK / f"material-{size.material_s:.0f}"
    make_material(folder, size.material_s)
    _print_ratios(size, folder, peers)
    _print_changes(size, folder)


def _print_ratios(size: Size, folder: Path, peers: Path) -> None:
    rounds = [_round(size, folder, peers, is_first=at == 0) for at in range(size.n_rounds)]
    best = {name: min(each[name] for each in rounds if name in each) for name in rounds[0]}
    print(f"The same edit of 24 shots of {size.shot_s} s, 1080p, burned captions, x264 veryfast")
    print(f"crf 20; the least CPU of {size.n_rounds} round(s), in which all take turns.\n")
    print("| engine | CPU s | Candid against it | bar |\n| --- | --- | --- | --- |")
    bars = {"ffmpeg": "<= 1.0", "x264 alone": "<= 1.25", "moviepy": "<= 0.22"}
    print(f"| Candid | {best['candid']:.1f} | 1 | |")
    for name, bar in bars.items():
        print(f"| {name} | {best[name]:.1f} | {best['candid'] / best[name]:.2f} | {bar} |")
    floor = best["x264 alone"] + best["decoding alone"]
    print(f"| x264 and decoding alone | {floor:.1f} | {best['candid'] / floor:.2f} | |")


def _round(size: Size, folder: Path, peers: Path, *, is_first: bool) -> dict[str, float]:
    """Run every engine once, moviepy in the first round alone: it takes the longest by far.

    Returns CPU seconds, the start of the process included.
    """
    edit = make_edit(24, size.shot_s)
    out = _fresh(WORK / "out")
    plates = _plates(edit, out)
    write_edit(out / "edit.json", edit)
    ours = [str(folder), "24", f"{size.shot_s}"]
    candid = [sys.executable, "-m", "bench.render_peers.candid_edit", *ours, str(out / "a.mp4")]
    ffmpeg = ffmpeg_edit.command(_ffmpeg(peers), folder, edit, plates, out / "b.mp4")
    script = ROOT / "bench" / "render_peers" / "moviepy_edit.py"
    moviepy = [peers, script, folder, out / "edit.json", out, out / "c.mp4"]
    alone = _run_ours("x264_edit", [*ours, str(out / "d.mp4")])
    found = {
        "candid": _cpu_s(candid),
        "ffmpeg": _cpu_s(ffmpeg),
        "x264 alone": alone["cpu_s"],
        "decoding alone": alone["decode_cpu_s"],
    }
    return found | ({"moviepy": _cpu_s([str(part) for part in moviepy])} if is_first else {})


def _print_changes(size: Size, folder: Path) -> None:
    out = _fresh(WORK / "change")
    ours = [str(folder), "24", f"{size.film_shot_s}", str(out / "film.mp4")]
    first = _run_ours("candid_edit", ours)
    print(f"\nA film of {first['frames'] / RATE:.0f} s in 24 shots, one thing changed.\n")
    print("| change | frames drawn | sound made | CPU s | of a full render | bar |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(f"| all new | {first['frames']} | yes | {first['cpu_s']:.1f} | 1 | |")
    for change in ("none", "caption", "shot", "trim"):
        again = _run_ours("candid_edit", [*ours, change])
        part, bar = (
            again["cpu_s"] / first["cpu_s"],
            again["encoded_frames"] / first["frames"] + 0.02,
        )
        sound = "yes" if again["encoded_sound"] else "no"
        print(
            f"| {change} | {again['encoded_frames']} | {sound} | {again['cpu_s']:.1f} "
            f"| {part:.3f} | <= {bar:.3f} |"
        )
    again = _run_ours("candid_edit", ours)
    shutil.rmtree(out / "cache")
    fresh = _run_ours("candid_edit", ours)
    steps = _frame_steps(out / "film.mp4")
    print("\n| exactness and memory | measured |\n| --- | --- |")
    same = again["sha256"] == first["sha256"] == fresh["sha256"]
    print(f"| SHA-256 fresh, from the cache, fresh again | {'the same' if same else 'DIFFERENT'} |")
    print(f"| different steps between video frames | {len(steps)} |")
    print(f"| peak memory of a full render | {fresh['peak_mb']:.0f} MB |")


def _frame_steps(path: Path) -> set[int]:
    with av.open(str(path)) as film:
        pts = [frame.pts for frame in film.decode(video=0) if frame.pts is not None]
    return set(np.diff(pts).tolist())


def _plates(edit: Sequence[EditShot], folder: Path) -> list[Path]:
    """Draw the captions for the peers; that is not counted against them."""
    size_px = look.caption_px(canvas_size())
    paths = [folder / f"{number}.png" for number in range(len(edit))]
    for shot, path in zip(edit, paths, strict=True):
        draw_plate("caption", shot.caption, size_px).save(path)
    return paths


def _run_ours(module: str, arguments: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", f"bench.render_peers.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _cpu_s(command: Sequence[str]) -> float:
    """Run a command; return the CPU seconds of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _ffmpeg(peers: Path) -> str:
    """Return the ffmpeg binary that imageio-ffmpeg brings."""
    code = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
    done = subprocess.run([str(peers), "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
