"""Faults of a take folder: each costs only itself, stays in its place, and is reported."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candid.engine.errors import BadInputError, MissingTrackError
from candid.engine.recording.camera import open_camera
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.recording.take import Fragment, Take
from candid.engine.recording.track import Flaw, SoundTrack
from tests.engine.recording import material
from tests.engine.recording.material import (
    Given,
    edit_manifest,
    number_shown,
    spoil_byte,
    track_of,
    truncate,
)

anything = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def assembled(folder: Path) -> SoundTrack:
    return assemble_sound(open_source(folder), "microphone", folder / "sound.pcm")


def fragments_of(take: Take, kind: str) -> Sequence[Fragment]:
    return next(track for track in take.tracks if track.kind == kind).fragments


def expected_sound(whole: Given, lost: Sequence[int]) -> material.Samples:
    sound = whole.sound.copy()
    for number in lost:
        fragment = fragments_of(whole.take, "microphone")[number]
        sound[fragment.start : fragment.start + fragment.duration] = 0
    return sound


def assert_lost(flaws: Sequence[Flaw], whole: Given, kind: str, lost: Sequence[int]) -> None:
    rate = next(track.rate for track in whole.take.tracks if track.kind == kind)
    for flaw, number in zip(flaws, sorted(lost), strict=True):
        fragment = fragments_of(whole.take, kind)[number]
        assert flaw.start_s == pytest.approx(fragment.start / rate)
        assert flaw.duration_s == pytest.approx(fragment.duration / rate)


@anything
@given(data=st.data())
def test_whatever_fragments_are_missing_every_other_sample_stays_in_its_place(
    given: Given, tmp_path: Path, data: st.DataObject
) -> None:
    numbers = range(len(fragments_of(given.take, "microphone")))
    lost = sorted(data.draw(st.sets(st.sampled_from(numbers), max_size=len(numbers) - 1)))
    folder = given.copy(tmp_path / "take")
    for number in lost:
        (folder / "microphone" / f"{number:06d}.m4s").unlink()

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), expected_sound(given, lost))
    assert {flaw.kind for flaw in track.flaws} <= {"missing"}
    assert_lost(track.flaws, given, "microphone", lost)
    gap_s = sum(gap.interval.duration_s for gap in track.gaps)
    assert gap_s == pytest.approx(sum(flaw.duration_s for flaw in track.flaws))
    assert {gap.reason for gap in track.gaps} <= {"missing"}


@anything
@given(data=st.data())
def test_whatever_fragments_are_missing_every_other_picture_keeps_its_time(
    given: Given, tmp_path: Path, data: st.DataObject
) -> None:
    fragments = fragments_of(given.take, "camera")
    lost = sorted(
        data.draw(st.sets(st.sampled_from(range(len(fragments))), max_size=len(fragments) - 1))
    )
    folder = given.copy(tmp_path / "take")
    for number in lost:
        (folder / "camera" / f"{number:06d}.m4s").unlink()
    media_us = np.round((given.frame_times_s - given.frame_times_s[0]) * 1e6)
    kept = [
        number
        for number, at_us in enumerate(media_us)
        if not any(
            fragments[each].start <= at_us < fragments[each].start + fragments[each].duration
            for each in lost
        )
    ]

    with open_camera(open_source(folder)) as camera:
        frames = list(camera.frames(0.0, 99.0))

    np.testing.assert_allclose(camera.times_s, given.frame_times_s[kept], atol=1e-9)
    assert [frame.take_s for frame in frames] == camera.times_s.tolist()
    assert [number_shown(frame.picture) for frame in frames] == kept
    assert_lost(camera.flaws, given, "camera", lost)


def test_a_picture_is_held_over_a_missing_fragment(given: Given, folder: Path) -> None:
    fragment = fragments_of(given.take, "camera")[3]
    (folder / "camera" / "000003.m4s").unlink()
    hole_s = given.frame_times_s[0] + fragment.start / 1e6

    with open_camera(open_source(folder)) as camera:
        first = next(camera.frames(hole_s + 0.2, hole_s + 0.3))

    assert first.take_s == max(given.frame_times_s[given.frame_times_s < hole_s - 1e-6])


def test_a_truncated_fragment_is_torn_and_nothing_of_it_is_used(given: Given, folder: Path) -> None:
    truncate(folder / "microphone" / "000002.m4s")

    track = assembled(folder)

    assert [flaw.kind for flaw in track.flaws] == ["torn"]
    assert "bytes" in track.flaws[0].detail
    assert_lost(track.flaws, given, "microphone", [2])
    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), expected_sound(given, [2]))


def test_one_flipped_bit_makes_a_fragment_torn(given: Given, folder: Path) -> None:
    spoil_byte(folder / "microphone" / "000005.m4s")

    track = assembled(folder)

    assert [(flaw.kind, flaw.detail) for flaw in track.flaws] == [
        ("torn", "fragment 5 is torn: its bytes were changed")
    ]
    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), expected_sound(given, [5]))


def test_an_empty_fragment_file_is_torn(given: Given, folder: Path) -> None:
    (folder / "microphone" / "000001.m4s").write_bytes(b"")

    track = assembled(folder)

    assert [flaw.kind for flaw in track.flaws] == ["torn"]
    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), expected_sound(given, [1]))


def test_a_list_in_any_order_gives_the_same_sound(given: Given, folder: Path) -> None:
    edit_manifest(
        folder,
        lambda document: random.Random(4).shuffle(track_of(document, "microphone")["fragments"]),
    )

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), given.sound)
    assert {flaw.kind for flaw in track.flaws} == {"reordered"}
    assert {flaw.duration_s for flaw in track.flaws} == {0.0}
    assert track.gaps == ()


def test_files_that_changed_names_are_found_by_their_hash(given: Given, folder: Path) -> None:
    one, two = (folder / "microphone" / f"{number:06d}.m4s" for number in (2, 6))
    spare = folder / "spare"
    one.rename(spare)
    two.rename(one)
    spare.rename(two)

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), given.sound)
    assert [flaw.kind for flaw in track.flaws] == ["reordered", "reordered"]


def test_a_fragment_listed_twice_is_used_once(given: Given, folder: Path) -> None:
    def repeat(document: dict[str, object]) -> None:
        fragments = track_of(document, "microphone")["fragments"]
        fragments.insert(4, dict(fragments[3]))

    edit_manifest(folder, repeat)

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), given.sound)
    assert [(flaw.kind, flaw.duration_s) for flaw in track.flaws] == [("duplicate", 0.0)]


def test_of_two_fragments_for_one_time_the_intact_one_is_used(given: Given, folder: Path) -> None:
    sound = folder / "microphone"
    shutil.copy(sound / "000003.m4s", sound / "000099.m4s")
    truncate(sound / "000003.m4s")

    def again(document: dict[str, object]) -> None:
        fragments = track_of(document, "microphone")["fragments"]
        fragments.append({**fragments[3], "number": 99})
        fragments[3]["sha256"] = "0" * 64

    edit_manifest(folder, again)

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), given.sound)
    assert sorted(flaw.kind for flaw in track.flaws) == ["duplicate", "reordered"]


def test_opus_comes_back_in_place_after_a_missing_fragment(given: Given, folder: Path) -> None:
    whole = assemble_sound(open_source(folder), "heard", folder / "whole.pcm")
    (folder / "heard" / "000004.m4s").unlink()

    track = assemble_sound(open_source(folder), "heard", folder / "sound.pcm")

    fragment = fragments_of(given.take, "heard")[4]
    lost_from, lost_to = fragment.start - 312, fragment.start + fragment.duration - 312
    before, after = whole.read(0, lost_from), whole.read(lost_to, whole.n_samples - lost_to)
    np.testing.assert_array_equal(track.read(0, lost_from), before)
    assert not track.read(lost_from, lost_to - lost_from).any()
    # The decoder needs 80 ms to settle (RFC 7845, 4.6); the place must be right at once.
    settled = 3840
    np.testing.assert_allclose(
        track.read(lost_to + settled, len(after) - settled), after[settled:], atol=0.02
    )
    assert track.n_samples == whole.n_samples


def test_opus_sample_0_is_the_first_after_the_priming(given: Given, folder: Path) -> None:
    track = assemble_sound(open_source(folder), "heard", folder / "sound.pcm")

    said = given.sound[9_600:19_200] / np.float32(32768)
    match = np.correlate(track.read(9_600 - 400, 9_600 + 800), said, "valid")
    assert int(np.argmax(match)) - 400 == 0


def test_the_first_and_the_last_fragment_may_be_missing(given: Given, folder: Path) -> None:
    last = len(fragments_of(given.take, "microphone")) - 1
    for number in (0, last):
        (folder / "microphone" / f"{number:06d}.m4s").unlink()

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), expected_sound(given, [0, last]))


def test_a_track_without_its_init_segment_is_refused(folder: Path) -> None:
    (folder / "microphone" / "init.mp4").unlink()
    with pytest.raises(MissingTrackError, match=r"init\.mp4: is missing"):
        assembled(folder)


def test_a_changed_init_segment_is_reported_where_it_still_decodes(
    given: Given, folder: Path
) -> None:
    with (folder / "microphone" / "init.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")

    track = assembled(folder)

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), given.sound)
    assert [(flaw.kind, flaw.duration_s) for flaw in track.flaws] == [("torn", 0.0)]


def test_a_track_without_any_fragment_left_is_refused(folder: Path) -> None:
    for path in (folder / "microphone").glob("*.m4s"):
        path.unlink()
    with pytest.raises(MissingTrackError, match="no intact fragment"):
        assembled(folder)


def test_an_absurd_length_is_refused_before_the_disk_is_full(folder: Path) -> None:
    def claim(document: dict[str, object]) -> None:
        track_of(document, "microphone")["fragments"][-1]["start"] = 48_000 * 3600 * 1000

    edit_manifest(folder, claim)
    with pytest.raises(BadInputError, match="24 hours"):
        assembled(folder)


def test_nothing_is_left_behind_when_assembling_fails(folder: Path, tmp_path: Path) -> None:
    (folder / "microphone" / "init.mp4").write_bytes(b"\0" * 500)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BadInputError):
        assemble_sound(open_source(folder), "microphone", out / "sound.pcm")
    assert list(out.iterdir()) == []
