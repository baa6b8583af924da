"""Assembled sound is found again whole, or assembled again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from candid.engine.production import sounds
from candid.engine.production.sounds import assembled_sound
from candid.engine.production.workspace import Workspace
from candid.engine.recording.source import open_source
from candid.engine.recording.track import SoundTrack
from tests.engine.production.damage import DAMAGES
from tests.engine.recording.material import Given


def assembled(given: Given, workspace: Workspace) -> SoundTrack:
    return assembled_sound(open_source(given.folder), "content", "microphone", 48_000, workspace)


def test_a_second_run_finds_the_track_and_decodes_nothing(
    given: Given, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = assembled(given, workspace)
    monkeypatch.delattr(sounds, "assemble_sound")
    again = assembled(given, workspace)
    assert again == first
    assert again.n_samples == len(given.sound)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["samples.pcm", "seal.json"])
def test_a_track_that_was_damaged_is_assembled_again(
    given: Given, workspace: Workspace, name: str, damage: Callable[[Path], object]
) -> None:
    first = assembled(given, workspace)
    heard = first.read(0, first.n_samples)
    damage(first.pcm.parent / name)
    again = assembled(given, workspace)
    assert again == first
    assert np.array_equal(again.read(0, again.n_samples), heard)
