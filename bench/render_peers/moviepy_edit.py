"""The edit in moviepy, run in an environment of its own: FOLDER EDIT PLATES OUT."""

import json
import sys
from pathlib import Path
from typing import Any

from moviepy import (  # type: ignore[import-not-found]
    AudioFileClip,
    ColorClip,
    CompositeAudioClip,
    CompositeVideoClip,
    ImageClip,
    VideoFileClip,
    concatenate_audioclips,
    concatenate_videoclips,
)

SIZE = (1920, 1080)
NIGHT = (18, 23, 26)


def main(arguments: list[str]) -> None:
    """Render the edit as the moviepy documentation would write it."""
    folder, edit, plates, out = map(Path, arguments)
    shots = json.loads(edit.read_text(encoding="utf-8"))
    cameras = {name: VideoFileClip(str(folder / f"{name}.mp4"), audio=False) for name in "ab"}
    sounds = {name: AudioFileClip(str(folder / f"{name}.wav")) for name in "ab"}
    pictures = [picture(shot, number, cameras, plates) for number, shot in enumerate(shots)]
    mixed = CompositeAudioClip([sounds["a"], sounds["b"]])
    pieces = [mixed.subclipped(shot["start_s"], shot["end_s"]) for shot in shots]
    film = concatenate_videoclips(pictures).with_audio(concatenate_audioclips(pieces))
    film.write_videofile(
        str(out),
        fps=30,
        codec="libx264",
        preset="veryfast",
        audio_codec="aac",
        temp_audiofile_path=str(out.parent),
        audio_fps=48000,
        ffmpeg_params=["-crf", "20", "-g", "240", "-profile:v", "high", "-pix_fmt", "yuv420p"],
        logger=None,
    )
    # Only a reader that is closed is waited for, and its work counted.
    for clip in (*cameras.values(), *sounds.values()):
        clip.close()


def picture(
    shot: dict[str, Any], number: int, cameras: dict[str, VideoFileClip], plates: Path
) -> CompositeVideoClip:
    """Return one shot with its caption."""
    length = shot["end_s"] - shot["start_s"]
    clips = {name: c.subclipped(shot["start_s"], shot["end_s"]) for name, c in cameras.items()}
    layers = [clips["a"]]
    if shot["layout"] == "side_by_side":
        halves = [c.cropped(x1=480, width=958, y1=0, height=1080) for c in clips.values()]
        ground = ColorClip(SIZE, color=NIGHT, duration=length)
        layers = [ground, halves[0].with_position((0, 0)), halves[1].with_position((962, 0))]
    elif shot["layout"] == "picture_in_picture":
        small = clips["b"].cropped(x1=240, width=1440, y1=0, height=1080).resized((432, 324))
        border = ColorClip((440, 332), color=NIGHT, duration=length).with_position((1436, 44))
        layers += [border, small.with_position((1440, 48))]
    plate = ImageClip(str(plates / f"{number}.png"))
    first, last = 0.2 * length, 0.8 * length
    plate = plate.with_start(first).with_duration(last - first)
    plate = plate.with_position(("center", 1021 - plate.h))
    return CompositeVideoClip([*layers, plate], size=SIZE).with_duration(length)


if __name__ == "__main__":
    main(sys.argv[1:])
