"""Words that were heard are found again whole, or heard again; chunk by chunk."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from candid.engine.production.chunks import Hearing, heard_chunks
from candid.engine.production.workspace import Workspace
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap
from candid.engine.transcript.transcription import Chunk, Speaker
from tests.engine.production.damage import DAMAGES
from tests.engine.transcript.material import ScriptedRecogniser, bursts

SPOKEN = tuple((float(at), at + 0.4) for at in range(2, 200, 3))


class Listener:
    """A recogniser that is asked for when there is something to hear."""

    def __init__(self, folder: Path) -> None:
        samples = bursts(200.0, SPOKEN)
        pcm = folder / "samples.pcm"
        (samples * 32767).astype("<i2").tofile(pcm)
        clock = ClockMap.identity()
        self.sound = SoundTrack("microphone", 16_000, len(samples), pcm, clock, (), ())
        self.times_asked = 0

    def recogniser(self) -> ScriptedRecogniser:
        self.times_asked += 1
        return ScriptedRecogniser()

    def chunks(self, workspace: Workspace) -> list[Chunk]:
        speaker = Speaker("rosa", "take-1")
        hearing = Hearing(self.sound, "sound", (), speaker, "model", "en", self.recogniser)
        self.times_asked = 0
        return list(heard_chunks(hearing, workspace))


@pytest.fixture
def listener(tmp_path: Path) -> Listener:
    return Listener(tmp_path)


def test_a_second_run_finds_every_word_and_loads_no_model(
    listener: Listener, workspace: Workspace
) -> None:
    first = listener.chunks(workspace)
    assert listener.times_asked == len(first) == 2
    assert len([word for chunk in first for word in chunk.words]) > 50
    assert listener.chunks(workspace) == first
    assert listener.times_asked == 0


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_chunk_that_was_damaged_is_heard_again_and_no_other(
    listener: Listener, workspace: Workspace, damage: Callable[[Path], object]
) -> None:
    first = listener.chunks(workspace)
    seals = sorted((workspace.folder / "words").rglob("*.json"))
    assert len(seals) == 2
    damage(seals[0])
    assert listener.chunks(workspace) == first
    assert listener.times_asked == 1


def test_a_word_that_was_changed_by_hand_is_heard_again(
    listener: Listener, workspace: Workspace
) -> None:
    """The work folder is no place for corrections: nothing there is used that no step made."""
    first = listener.chunks(workspace)
    seal = next((workspace.folder / "words").rglob("*.json"))
    seal.write_text(seal.read_text().replace('"text": "b', '"text": "x'))
    again = listener.chunks(workspace)
    assert again == first
    assert np.all([word.text.startswith("b") for chunk in again for word in chunk.words])
