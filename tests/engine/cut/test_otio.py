import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, Shot
from candid.engine.cut.originals import MediumKind, Original
from candid.engine.cut.otio import otio_timeline, read_otio, write_otio
from candid.engine.cut.proposal import Conversation, propose_cut
from candid.engine.cut.store import CutLimits
from candid.engine.errors import BadInputError
from candid.engine.timebase import ClockMap, Interval
from tests.engine.cut.builders import invented

RATE = Fraction(25)
# Daniel's recorder started 2 s after the call clock, runs 100 ppm fast and lost 0.2 s.
ROSA = ClockMap.identity()
DANIEL = ClockMap(((0.0, 2.0), (30.003, 32.0), (30.003, 32.2), (630.063, 632.2)))


def aligned(*clocks: tuple[str, ClockMap]) -> Alignment:
    return Alignment(tuple(TakeClock(name, clock, 0.001, (), "") for name, clock in clocks), ())


ALIGNMENT = aligned(("take-rosa", ROSA), ("take-daniel", DANIEL))


def originals() -> tuple[Original, ...]:
    whole = Interval(0.0, 630.0)
    kinds: tuple[tuple[MediumKind, ClockMap], ...] = (
        ("camera", ClockMap.offset(0.5)),
        ("microphone", ClockMap.identity()),
    )
    return tuple(
        Original(f"take-{person}", kind, Path("media") / f"{person}'s {kind}.mp4", whole, clock)
        for person in ("rosa", "daniel")
        for kind, clock in kinds
    )


def a_cut() -> Cut:
    return Cut(
        title="Asked twice",
        signpost="",
        target_s=60.0,
        takes=(CutTake("take-rosa", "rosa", "r", ""), CutTake("take-daniel", "daniel", "d", "")),
        participants=(CutParticipant("rosa", "Rosa"), CutParticipant("daniel", "Daniel")),
        shots=(
            Shot("s1", Interval(10.013, 14.5), "solo", ("daniel",), "Kept."),
            Shot("s2", Interval(14.5, 20.0), "side_by_side", ("rosa", "daniel"), ""),
            Shot("s3", Interval(40.0, 47.77), "picture_in_picture", ("rosa", "daniel"), ""),
        ),
        left_out=((Interval(20.0, 40.0), "Left out: nobody speaks."),),
    )


def written(folder: Path, cut: Cut) -> Path:
    write_otio(folder / "cut.otio", cut, originals(), ALIGNMENT, RATE)
    return folder / "cut.otio"


def edited(
    folder: Path, change: Callable[[otio.schema.Timeline], None], cut: Cut | None = None
) -> Path:
    path = written(folder, cut or a_cut())
    timeline = otio.adapters.read_from_file(str(path))
    change(timeline)
    otio.adapters.write_to_file(timeline, str(path))
    return path


def read(path: Path, **more: Cut | CutLimits) -> Cut:
    return read_otio(path, originals(), ALIGNMENT, **more)  # type: ignore[arg-type]


def test_an_untouched_timeline_is_the_same_cut(tmp_path: Path) -> None:
    assert read(written(tmp_path, a_cut())) == a_cut()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), n_people=st.integers(1, 4))
def test_every_proposal_comes_back_equal(
    seed: int, n_people: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    talk = invented(seed, n_people=n_people, length_s=100.0)
    cut = propose_cut(talk, target_s=40.0)
    alignment, media = placed(talk)
    path = tmp_path_factory.mktemp("otio") / "cut.otio"
    write_otio(path, cut, media, alignment, Fraction(30000, 1001))
    assert read_otio(path, media, alignment) == cut


def placed(talk: Conversation) -> tuple[Alignment, list[Original]]:
    ids = [take.take_id for take in talk.takes]
    clock = ClockMap(((0.0, -3.0), (200.02, 197.0)))
    return aligned(*((each, clock) for each in ids)), [
        Original(each, "camera", Path(f"/x/{each}.mp4"), Interval(0, 60.0), ClockMap.identity())
        for each in ids
    ]


def test_the_main_person_is_on_v1_and_the_others_are_there_but_off() -> None:
    timeline = otio_timeline(a_cut(), originals(), ALIGNMENT, RATE)
    first, second = timeline.video_tracks()
    assert [item.name for item in first] == ["s1 daniel", "s2 rosa", "s3 rosa"]
    assert all(item.enabled for item in first)
    assert [type(item).__name__ for item in second] == ["Gap", "Clip", "Clip"]
    assert not any(item.enabled for item in second)


def test_all_tracks_are_as_long_as_the_film() -> None:
    timeline = otio_timeline(a_cut(), originals(), ALIGNMENT, RATE)
    lengths = {track.duration().to_seconds() for track in timeline.tracks}
    assert lengths == {timeline.tracks[0].duration().to_seconds()}
    assert len(lengths) == 1


def test_clips_point_into_the_files_own_time() -> None:
    timeline = otio_timeline(a_cut(), originals(), ALIGNMENT, RATE)
    clip = timeline.video_tracks()[0][0]
    # The picture of call time t lies at (t - 2) x 1.0001 - 0.5 in Daniel's camera file.
    expected_s = (10.013 - 2.0) * (30.003 / 30.0) - 0.5
    assert clip.source_range.start_time.to_seconds() == pytest.approx(expected_s, abs=0.5 / 25)
    assert clip.media_reference.target_url == "media/daniel%27s%20camera.mp4"
    assert clip.media_reference.available_range.end_time_exclusive().to_seconds() == 630.0
    sound = next(item for item in timeline.audio_tracks()[1] if item.name == "daniel")
    expected_s = (10.013 - 2.0) * (30.003 / 30.0)
    assert sound.source_range.start_time.to_seconds() == pytest.approx(expected_s, abs=1 / 48_000)


def test_sound_is_unbroken_where_the_film_is() -> None:
    timeline = otio_timeline(a_cut(), originals(), ALIGNMENT, RATE)
    assert [len(track) for track in timeline.audio_tracks()] == [2, 2]


def test_a_hole_in_a_take_is_a_gap_and_not_a_slip(tmp_path: Path) -> None:
    shot = Shot("s1", Interval(28.0, 38.0), "solo", ("daniel",), "")
    cut = replace(a_cut(), shots=(shot,), left_out=())
    clips = list(otio_timeline(cut, originals(), ALIGNMENT, RATE).video_tracks()[0])
    assert [type(item).__name__ for item in clips] == ["Clip", "Gap", "Clip"]
    after = clips[2].source_range.start_time.to_seconds()
    assert after == pytest.approx(30.003 - 0.5, abs=0.5 / 25)
    assert read(written(tmp_path, cut)) == cut


def test_a_second_take_of_a_person_goes_on_where_the_first_ends(tmp_path: Path) -> None:
    cut = a_cut()
    cut = replace(
        cut,
        takes=(*cut.takes, CutTake("again", "rosa", "r2", "")),
        shots=(Shot("s1", Interval(8.0, 16.0), "solo", ("rosa",), ""),),
    )
    clock = ClockMap.offset(12.0)
    alignment = aligned(("take-rosa", ROSA), ("take-daniel", DANIEL), ("again", clock))
    media = [
        replace(originals()[0], available=Interval(0.0, 10.0), clock=ClockMap.identity()),
        Original("again", "camera", Path("r2.mp4"), Interval(0.0, 90.0), ClockMap.identity()),
    ]
    items = list(otio_timeline(cut, media, alignment, RATE).video_tracks()[0])
    lengths = [item.source_range.duration.value for item in items]
    assert [type(item).__name__ for item in items] == ["Clip", "Gap", "Clip"]
    assert lengths == [50, 50, 100]
    write_otio(tmp_path / "cut.otio", cut, media, alignment, RATE)
    assert read_otio(tmp_path / "cut.otio", media, alignment) == cut


def test_markers_tell_layout_and_reason() -> None:
    markers = otio_timeline(a_cut(), originals(), ALIGNMENT, RATE).video_tracks()[0].markers
    assert [marker.name for marker in markers] == [
        "s1 solo",
        "s2 side_by_side",
        "s3 picture_in_picture",
    ]
    assert markers[0].comment == "Kept."


def test_a_new_order_is_read_back(tmp_path: Path) -> None:
    def last_first(timeline: otio.schema.Timeline) -> None:
        track = timeline.video_tracks()[0]
        track.insert(0, track.pop(2))

    cut = a_cut()
    assert read(edited(tmp_path, last_first)).shots == (cut.shots[2], *cut.shots[:2])


def test_a_trim_is_read_back_on_the_call_clock(tmp_path: Path) -> None:
    def trim(timeline: otio.schema.Timeline) -> None:
        clip = timeline.video_tracks()[0][0]
        start = clip.source_range.start_time + otio.opentime.RationalTime(25, 25)
        length = clip.source_range.duration - otio.opentime.RationalTime(50, 25)
        clip.source_range = otio.opentime.TimeRange(start, length)

    cut = read(edited(tmp_path, trim))
    assert cut.shots[0].interval.start_s == pytest.approx(11.013, abs=0.5 / 25)
    assert cut.shots[0].interval.end_s == pytest.approx(13.5, abs=0.5 / 25)
    assert cut.shots[1:] == a_cut().shots[1:]
    assert [why for _, why in cut.left_out][:2] == ["Left out in the editing program."] * 2


def test_a_deleted_clip_is_told_as_left_out(tmp_path: Path) -> None:
    def delete(timeline: otio.schema.Timeline) -> None:
        del timeline.video_tracks()[0][1]

    cut = read(edited(tmp_path, delete))
    assert [shot.shot_id for shot in cut.shots] == ["s1", "s3"]
    assert (Interval(14.5, 20.0), "Left out in the editing program.") in cut.left_out


def test_a_divided_clip_becomes_two_shots_or_stays_one(tmp_path: Path) -> None:
    def divide(timeline: otio.schema.Timeline, *, lost_frames: int) -> None:
        track = timeline.video_tracks()[0]
        second = track[0].deepcopy()
        whole = track[0].source_range
        at = otio.opentime.RationalTime(50, 25)
        lost = otio.opentime.RationalTime(lost_frames, 25)
        track[0].source_range = otio.opentime.TimeRange(whole.start_time, at)
        second.source_range = otio.opentime.TimeRange(
            whole.start_time + at + lost, whole.duration - at - lost
        )
        track.insert(1, second)

    whole = read(edited(tmp_path, lambda timeline: divide(timeline, lost_frames=0)))
    assert whole == a_cut()
    parted = read(edited(tmp_path, lambda timeline: divide(timeline, lost_frames=10)))
    assert [shot.shot_id for shot in parted.shots] == ["s1", "s1-2", "s2", "s3"]


def test_a_clip_without_metadata_is_found_by_its_file(tmp_path: Path) -> None:
    def forget(timeline: otio.schema.Timeline) -> None:
        del timeline.metadata["candid"]
        for clip in timeline.video_tracks()[0]:
            clip.metadata.clear()
            clip.media_reference.metadata.clear()

    path = edited(tmp_path, forget)
    cut = read(path, base=a_cut())
    assert [shot.people for shot in cut.shots] == [("daniel",), ("rosa",), ("rosa",)]
    assert cut.shots[2].interval.start_s == pytest.approx(40.0, abs=0.021)
    assert cut.title == "Asked twice"
    with pytest.raises(BadInputError, match=r"cut.otio: has lost Candid's metadata"):
        read(path)


def gap(timeline: otio.schema.Timeline) -> None:
    length = otio.opentime.RationalTime(10, 25)
    timeline.video_tracks()[0].insert(1, otio.schema.Gap(duration=length))


def transition(timeline: otio.schema.Timeline) -> None:
    half = otio.opentime.RationalTime(5, 25)
    timeline.video_tracks()[0].insert(
        1, otio.schema.Transition(in_offset=half, out_offset=half, transition_type="SMPTE_Dissolve")
    )


def speed(timeline: otio.schema.Timeline) -> None:
    timeline.video_tracks()[0][0].effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))


def stranger(timeline: otio.schema.Timeline) -> None:
    length = otio.opentime.TimeRange(duration=otio.opentime.RationalTime(50, 25))
    media = otio.schema.ExternalReference(target_url="file:///music/violin.wav")
    clip = otio.schema.Clip(name="violin", media_reference=media, source_range=length)
    timeline.video_tracks()[0].append(clip)


def no_picture(timeline: otio.schema.Timeline) -> None:
    for track in timeline.video_tracks():
        track.clear()


def twice(timeline: otio.schema.Timeline) -> None:
    track = timeline.video_tracks()[0]
    track.append(track[0].deepcopy())


def newer(timeline: otio.schema.Timeline) -> None:
    timeline.metadata["candid"]["cut"]["schema"] = "candid.cut/2.0"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (gap, "cut.otio: V1 item 2: is empty; close the gap"),
        (transition, "cut.otio: V1 item 2: is a transition"),
        (speed, "cut.otio: V1 item 1 ('s1 daniel'): changes the speed"),
        (
            stranger,
            "cut.otio: V1 item 4 ('violin'): uses 'file:///music/violin.wav', which",
        ),
        (no_picture, "no video track with clips"),
        (twice, "cut.otio.shots[3].start_s: overlaps shots[0]"),
        (newer, "cut.otio.schema: is 'candid.cut/2.0', newer"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_cut_cannot_say_is_refused(
    change: Callable[[otio.schema.Timeline], None], line: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError) as refused:
        read(edited(tmp_path, change))
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_struck_time_cannot_come_back_through_an_editing_program(tmp_path: Path) -> None:
    path = written(tmp_path, a_cut())
    with pytest.raises(BadInputError, match="enters struck time"):
        read(path, limits=CutLimits(struck=(Interval(41.0, 42.0),)))


@pytest.mark.parametrize(
    "text", ["", "{nonsense", json.dumps({"OTIO_SCHEMA": "Clip.2", "name": "x"}), "[1, 2]"]
)
def test_a_file_that_is_no_timeline_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "cut.otio").write_text(text)
    with pytest.raises(BadInputError) as refused:
        read(tmp_path / "cut.otio")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is not there"):
        read(tmp_path / "none.otio")
