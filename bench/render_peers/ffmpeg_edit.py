"""The edit as one hand-written ffmpeg command line: a filter graph, as an editor would type it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.render_peers.edit import RATE, RATE_HZ, EditShot

# The same rectangles as ours: a line of four pixels between tiles and around the small one.
_PICTURES = {
    "solo": "[{a}:v]null[v{n}]",
    "side_by_side": (
        "[{a}:v]crop=958:1080:480:0,pad=962:1080:0:0:0x12171a[l{n}];"
        "[{b}:v]crop=958:1080:480:0[r{n}];[l{n}][r{n}]hstack[v{n}]"
    ),
    "picture_in_picture": (
        "[{b}:v]crop=1440:1080:240:0,scale=432:324:flags=bicubic,"
        "pad=440:332:4:4:0x12171a[s{n}];[{a}:v][s{n}]overlay=1436:44[v{n}]"
    ),
}


def command(
    ffmpeg: str, folder: Path, shots: Sequence[EditShot], plates: Sequence[Path], out: Path
) -> list[str]:
    """Return the whole command line; `plates` are the captions as PNG, one a shot."""
    inputs: list[str] = []
    graph: list[str] = []
    n_inputs = 0
    for number, shot in enumerate(shots):
        for name in ("a",) if shot.layout == "solo" else ("a", "b"):
            inputs += ["-ss", f"{shot.start_s}", "-t", f"{shot.end_s - shot.start_s:.3f}"]
            inputs += ["-i", str(folder / f"{name}.mp4")]
            n_inputs += 1
        indices = {"a": n_inputs - (1 if shot.layout == "solo" else 2), "b": n_inputs - 1}
        graph.append(_PICTURES[shot.layout].format(n=number, **indices))
    joined = "".join(f"[v{number}]" for number in range(len(shots)))
    graph.append(f"{joined}concat=n={len(shots)}:v=1:a=0[p0]")
    graph += _captions(shots, n_inputs)
    plate_inputs = [part for plate in plates for part in ("-i", str(plate))]
    sound_at = n_inputs + len(plates)
    sounds = [part for name in "ab" for part in ("-i", str(folder / f"{name}.wav"))]
    graph += _sound(shots, sound_at)
    return [
        *(ffmpeg, "-hide_banner", "-loglevel", "error", "-y"),
        *inputs,
        *plate_inputs,
        *sounds,
        *("-filter_complex", ";".join(graph), "-map", f"[p{len(shots)}]", "-map", "[sound]"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-profile:v", "high"),
        *("-pix_fmt", "yuv420p", "-g", str(8 * RATE), "-r", str(RATE)),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:a", "aac", "-b:a", "160k", "-ac", "2", "-ar", str(RATE_HZ)),
        *("-movflags", "+faststart", str(out)),
    ]


def _captions(shots: Sequence[EditShot], first_input: int) -> list[str]:
    """Lay each plate over its shot; the plates stand where ours do."""
    steps: list[str] = []
    start_s = 0.0
    for number, shot in enumerate(shots):
        from_s, to_s = (start_s + part for part in shot.caption_span_s)
        steps.append(
            f"[p{number}][{first_input + number}:v]overlay=(W-w)/2:1021-h:"
            f"enable='between(t,{from_s - 0.01:.3f},{to_s - 0.02:.3f})'[p{number + 1}]"
        )
        start_s += shot.end_s - shot.start_s
    return steps


def _sound(shots: Sequence[EditShot], first_input: int) -> list[str]:
    n = len(shots)
    copies = [
        f"[{first_input + at}:a]asplit={n}" + "".join(f"[{name}{k}]" for k in range(n))
        for at, name in enumerate("ab")
    ]
    mixes = [
        f"[a{k}][b{k}]amix=inputs=2:normalize=0,"
        f"atrim={shot.start_s}:{shot.end_s},asetpts=PTS-STARTPTS[m{k}]"
        for k, shot in enumerate(shots)
    ]
    joined = "".join(f"[m{k}]" for k in range(n))
    return [
        *copies,
        *mixes,
        f"{joined}concat=n={n}:v=0:a=1,volume=6dB,alimiter=limit=0.84,aresample=48000[sound]",
    ]
