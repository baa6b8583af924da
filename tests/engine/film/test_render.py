"""The film as a file: every step equal, sound in place, and never drawn twice."""

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import candid.engine
from candid.engine.errors import OutputError
from candid.engine.film.captions import with_captions
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.encode import code_version
from candid.engine.film.geometry import Size
from candid.engine.film.join import DamagedFragmentError, join
from candid.engine.film.mix import Mixer
from candid.engine.film.plan import FilmPlan
from candid.engine.film.planning import plan_film
from candid.engine.film.poster import write_poster
from candid.engine.film.render import RenderResult, render_film, sound_key
from candid.engine.film.sources import FilmSource
from candid.engine.recording.camera import open_camera
from candid.engine.recording.source import open_source
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.cues import Cue, CueLine
from tests.engine.film.material import (
    RATE_HZ,
    DrawnCamera,
    aligned,
    camera,
    cut,
    luma_of,
    microphone,
    take,
    voice,
)

SMALL = FilmOptions(canvas=Size(320, 180), title_s=0.5, end_s=0.5)
SHOTS = [
    (0.5, 1.5, "solo", "a"),
    (1.5, 2.5, "side_by_side", "ab"),
    (3.0, 4.0, "picture_in_picture", "ba"),
    (4.0, 5.0, "solo", "b"),
]
B_CLOCK = ClockMap(((0.0, 0.2), (100.0, 100.205)))


class Studio:
    """Two takes, an alignment, and a folder to render into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources: tuple[FilmSource, ...] = (
            take("a", camera=camera(), microphone=microphone(folder / "a.pcm", voice(6, 1))),
            take(
                "b",
                camera=camera(fps=24, start_s=0.01, tint=90),
                microphone=microphone(folder / "b.pcm", voice(6, 2, 0.03)),
            ),
        )
        self.alignment = aligned(self.sources, b=B_CLOCK)

    def plan(
        self,
        shots: list[tuple[float, float, str, str]] | None = None,
        caption: str | None = None,
        options: FilmOptions = SMALL,
        title: str | None = None,
    ) -> FilmPlan:
        film = cut(shots or SHOTS, title=title, signpost="Call somebody." if title else "")
        plan = plan_film(film, self.alignment, self.sources, (), options)
        if caption is None:
            return plan
        span = Interval(1.2, 1.8)
        return with_captions(plan, [Cue(span, (CueLine("a", caption, ()),), span)])

    def render(
        self,
        plan: FilmPlan,
        name: str = "film.mp4",
        progress: Callable[[int, int], None] | None = None,
    ) -> RenderResult:
        path = self.folder / name
        cache = self.folder / "cache"
        return render_film(plan, self.sources, self.alignment, cache, path, progress)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def lumas(path: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            assert isinstance(frame, av.VideoFrame)
            yield np.asarray(frame.to_ndarray()[: frame.height], dtype=np.uint8)


def sound_of(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as film:
        return np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30), Fraction(30_000, 1001)])
def test_every_frame_step_is_equal(studio: Studio, rate: Fraction) -> None:
    result = studio.render(studio.plan(options=replace(SMALL, rate=rate), title="Two years"))
    with av.open(str(result.path)) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == rate
        times = [frame.pts * stream.time_base for frame in film.decode(video=0)]  # type: ignore[operator]
    assert len(times) == result.n_frames
    assert times == [number / rate for number in range(result.n_frames)]


def test_packets_are_in_decoding_order_and_every_shot_starts_with_a_key_frame(
    studio: Studio,
) -> None:
    plan = studio.plan()
    result = studio.render(plan)
    with av.open(str(result.path)) as film:
        stream = film.streams.video[0]
        packets = [packet for packet in film.demux(stream) if packet.size]
        ticks = stream.time_base * plan.options.rate  # type: ignore[operator]
    decoding = [packet.dts for packet in packets]
    assert all(a < b for a, b in pairwise(decoding))  # type: ignore[operator]
    keys = {int(packet.pts * ticks) for packet in packets if packet.is_keyframe}  # type: ignore[operator]
    assert {shot.start_frame for shot in plan.shots} <= keys


def test_the_film_is_tagged_as_browsers_expect_it(studio: Studio) -> None:
    result = studio.render(studio.plan())
    with av.open(str(result.path)) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        assert [int(tag) for tag in tags] == [1, 1, 1, 1]
        assert (audio.codec_context.name, audio.rate, audio.codec_context.channels) == (
            "aac",
            48_000,
            2,
        )
    head = result.path.read_bytes()
    assert 0 < head.index(b"moov") < head.index(b"mdat")


def test_pictures_and_sound_begin_and_end_together(studio: Studio) -> None:
    result = studio.render(studio.plan())
    with av.open(str(result.path)) as film:
        assert film.streams.video[0].start_time == 0
        assert film.streams.audio[0].start_time == 0
    assert len(sound_of(result.path)) >= round(result.duration_s * RATE_HZ)
    assert len(sound_of(result.path)) < round(result.duration_s * RATE_HZ) + 1024


def test_the_sound_in_the_file_is_the_mix_to_the_sample(studio: Studio) -> None:
    plan = studio.plan(title="Two years")
    result = studio.render(plan)
    clocks = {each.take_id: each.clock for each in studio.alignment.takes}
    mix = np.concatenate(list(Mixer(plan.sound, studio.sources, clocks, {}).blocks()))
    heard = sound_of(result.path)[: len(mix)]
    for start in range(RATE_HZ, len(mix) - RATE_HZ, RATE_HZ // 2):
        inner = slice(start, start + RATE_HZ // 2)
        lags = range(-4, 5)
        scores = [float(mix[inner] @ np.roll(heard, -lag)[inner]) for lag in lags]
        assert lags[int(np.argmax(scores))] == 0


def test_every_frame_of_the_film_is_the_one_nearest_to_its_moment(studio: Studio) -> None:
    """The cameras' frames tell their number by their luma; b runs at 24 a second and drifts."""
    plan = studio.plan([(1.0, 2.0, "solo", "a"), (2.0, 4.5, "solo", "b")])
    result = studio.render(plan)
    seen = [int(np.median(picture)) for picture in lumas(result.path)]
    call_s = np.concatenate([1.0 + np.arange(30) / 30, 2.0 + np.arange(75) / 30])
    for number, luma in enumerate(seen):
        source = studio.sources[0 if number < 30 else 1]
        assert isinstance(source.camera, DrawnCamera)
        take_s = call_s[number] if number < 30 else B_CLOCK.inverse()(float(call_s[number]))
        away_s = np.abs(source.camera.times_s - take_s)
        nearest = {int(at) for at in np.flatnonzero(away_s <= away_s.min() + 1e-6)}
        assert any(abs(luma - luma_of(at)) <= 2 for at in nearest)
        assert away_s.min() <= 0.5 / (30 if number < 30 else 24) + 1e-6


def test_a_camera_is_decoded_forward_and_no_frame_twice(studio: Studio) -> None:
    studio.render(studio.plan())
    for source in studio.sources:
        assert isinstance(source.camera, DrawnCamera)
        decoded = source.camera.decoded
        assert decoded == sorted(set(decoded))


def test_tiles_are_drawn_where_they_are_planned(studio: Studio) -> None:
    plan = studio.plan([(1.0, 2.0, "side_by_side", "ab")])
    result = studio.render(plan)
    picture = next(lumas(result.path)).astype(int)
    left, right = (tile.rect for tile in plan.shots[0].tiles)
    assert np.ptp(picture[:, left.left + 4 : left.right - 4]) <= 4
    assert np.ptp(picture[:, right.left + 4 : right.right - 4]) <= 4
    assert left.right < right.left
    assert picture[:, left.right : right.left].mean() < picture[:, : left.right].mean()


def test_fresh_cached_and_resumed_films_are_the_same_bytes(studio: Studio) -> None:
    plan = studio.plan(title="Two years", caption="Hello.")
    fresh = studio.render(plan)
    cached = studio.render(plan, "cached.mp4")
    assert (fresh.encoded_frames, cached.encoded_frames) == (plan.n_frames, 0)
    assert fresh.encoded_sound
    assert not cached.encoded_sound
    assert cached.sha256 == fresh.sha256


def test_an_interrupted_render_goes_on_where_it_was(studio: Studio, tmp_path: Path) -> None:
    plan = studio.plan()

    def stop(done: int, _total: int) -> None:
        if done == 70:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        studio.render(plan, progress=stop)
    assert not (studio.folder / "film.mp4").exists()
    assert not list(studio.folder.rglob("*.part*"))
    resumed = studio.render(plan)
    assert resumed.encoded_frames == plan.n_frames - 60
    fresh_folder = tmp_path / "fresh"
    fresh_folder.mkdir()
    assert Studio(fresh_folder).render(plan).sha256 == resumed.sha256


def test_progress_counts_every_frame_once(studio: Studio) -> None:
    told: list[tuple[int, int]] = []
    plan = studio.plan()
    studio.render(plan, progress=lambda done, total: told.append((done, total)))
    assert told == [(done, plan.n_frames) for done in range(1, plan.n_frames + 1)]
    told.clear()
    studio.render(plan, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (plan.n_frames, plan.n_frames)


def test_one_changed_caption_draws_its_shot_alone(studio: Studio) -> None:
    studio.render(studio.plan(caption="Helo."))
    again = studio.render(studio.plan(caption="Hello."))
    assert again.encoded_frames == 30
    assert not again.encoded_sound


def test_one_changed_shot_draws_itself_alone(studio: Studio) -> None:
    studio.render(studio.plan())
    trimmed = [*SHOTS[:2], (3.2, 4.0, "picture_in_picture", "ba"), SHOTS[3]]
    again = studio.render(studio.plan(trimmed))
    assert again.encoded_frames == 24
    assert again.encoded_sound


def test_a_shot_that_moves_is_found_again(studio: Studio) -> None:
    studio.render(studio.plan())
    assert studio.render(studio.plan([SHOTS[2], SHOTS[0]])).encoded_frames == 0


def test_a_clock_that_moves_by_less_than_a_frame_draws_nothing(studio: Studio) -> None:
    studio.render(studio.plan([SHOTS[0]]))
    studio.alignment = aligned(studio.sources, a=ClockMap.offset(0.002), b=B_CLOCK)
    again = studio.render(studio.plan([SHOTS[0]]))
    assert again.encoded_frames == 0
    assert again.encoded_sound


@pytest.mark.parametrize("change", ["identity", "crf", "canvas"])
def test_whatever_decides_the_pixels_draws_anew(studio: Studio, change: str) -> None:
    studio.render(studio.plan([SHOTS[0]]))
    options = SMALL
    if change == "identity":
        first, second = studio.sources
        studio.sources = (replace(first, identity="another"), second)
    elif change == "crf":
        options = replace(SMALL, crf=23)
    else:
        options = replace(SMALL, canvas=Size(160, 90))
    assert studio.render(studio.plan([SHOTS[0]], options=options)).encoded_frames == 30


def test_chapters_are_in_the_file(studio: Studio) -> None:
    result = studio.render(studio.plan(title="Two years"))
    with av.open(str(result.path)) as film:
        chapters = film.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == ["Two years"]
    assert chapters[0]["start"] == 0


def test_the_result_says_how_loud_the_film_is(studio: Studio) -> None:
    result = studio.render(studio.plan())
    assert result.loudness.integrated_lufs == pytest.approx(-16, abs=0.5)
    assert result.loudness.true_peak_dbtp <= -1
    assert all(path.exists() for path in result.used)


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """Let no file grow beyond `n_bytes`, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("n_bytes", [2_000, 100_000])
def test_a_disk_that_refuses_leaves_nothing_half_written(studio: Studio, n_bytes: int) -> None:
    plan = studio.plan(title="Two years")
    with files_of_at_most(n_bytes), pytest.raises(OutputError) as caught:
        studio.render(plan)
    assert "\n" not in str(caught.value)
    assert not (studio.folder / "film.mp4").exists()
    assert not list(studio.folder.rglob("*.part*"))
    assert not list(studio.folder.rglob(".mix-*"))
    done = len(list((studio.folder / "cache").rglob("*.mp4")))
    again = studio.render(plan)
    assert again.encoded_frames < plan.n_frames or done == 0


def test_a_fragment_that_changes_while_the_film_is_joined_is_named(studio: Studio) -> None:
    plan = studio.plan()
    *shots, sound = [path for path in studio.render(plan).used if path.suffix != ".json"]
    shots[1].write_bytes(shots[0].read_bytes())
    short = studio.plan([SHOTS[0], (1.5, 2.0, "side_by_side", "ab"), *SHOTS[2:]])
    with pytest.raises(DamagedFragmentError, match=f"{shots[1].name}.* holds 30 of 15 frames"):
        join(shots, sound, short, studio.folder / "other.mp4")


def with_flipped_bit(data: bytes) -> bytes:
    """Flip one bit in the middle: of a shot and of a sound, that is within their media."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 16]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda data: b"", lambda data: data[:100], lambda data: data[:-200], with_flipped_bit],
    ids=["empty", "a header", "cut off", "one bit"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".json"])
def test_a_damaged_shot_is_drawn_again(
    studio: Studio, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    plan = studio.plan()
    whole = studio.render(plan)
    shot = whole.used[1].with_suffix(suffix)
    shot.write_bytes(damage(shot.read_bytes()))
    again = studio.render(plan)
    assert (again.encoded_frames, again.encoded_sound) == (30, False)
    assert again.sha256 == whole.sha256


def test_a_shot_of_another_length_is_drawn_again(studio: Studio) -> None:
    plan = studio.plan()
    whole = studio.render(plan)
    short = studio.render(studio.plan([(0.5, 1.0, "solo", "a")]), "short.mp4")
    whole.used[1].write_bytes(short.used[0].read_bytes())
    assert studio.render(plan).sha256 == whole.sha256


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".json", lambda data: b""),
        (".json", lambda data: b"[]"),
        (".json", lambda data: b'{"gain_db": 1}'),
        (".json", lambda data: b"\xff"),
        (".json", lambda data: data.replace(b'"gain_db": ', b'"gain_db": 1')),
        (".m4a", lambda data: b""),
        (".m4a", lambda data: b"\0\0\0\x20ftypM4A "),
        (".m4a", with_flipped_bit),
    ],
)
def test_a_damaged_sound_is_made_again(
    studio: Studio, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    plan = studio.plan()
    whole = studio.render(plan)
    [sound] = [path for path in whole.used if path.suffix == ".m4a"]
    path = sound.with_suffix(suffix)
    path.write_bytes(damage(path.read_bytes()))
    again = studio.render(plan)
    assert (again.encoded_frames, again.encoded_sound) == (0, True)
    assert again.sha256 == whole.sha256


@pytest.mark.parametrize(
    "name", ["recording/sound.py", "alignment/result.py", "timebase.py", "files.py", "film/mix.py"]
)
def test_code_that_decides_a_film_decides_its_address(tmp_path: Path, name: str) -> None:
    engine = tmp_path / "engine"
    shutil.copytree(Path(candid.engine.__path__[0]), engine)
    before = code_version.__wrapped__(engine)
    assert before == code_version()
    with (engine / name).open("a") as source:
        source.write("# changed")
    assert code_version.__wrapped__(engine) != before


def test_another_noise_filter_makes_another_sound(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = {"take-a": ClockMap.identity(), "take-b": B_CLOCK}
    loud = studio.plan()
    quiet = replace(
        loud, options=replace(SMALL, sound=replace(SMALL.sound, suppress_noise_db=12.0))
    )
    before = [sound_key(plan, studio.sources, clocks) for plan in (loud, quiet)]
    monkeypatch.setattr("candid.engine.film.render.filter_version", lambda: "another")
    after = [sound_key(plan, studio.sources, clocks) for plan in (loud, quiet)]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_the_order_of_takes_is_part_of_the_sound_s_address(studio: Studio) -> None:
    clocks = {"take-a": ClockMap.identity(), "take-b": B_CLOCK}
    plan = studio.plan()
    assert sound_key(plan, studio.sources, clocks) != sound_key(plan, studio.sources[::-1], clocks)


def test_a_phone_s_turned_camera_stands_upright_in_the_film(tmp_path: Path) -> None:
    """A real file: H.264 of 320x180 whose rotation is in its header, dark above, bright below."""
    path = tmp_path / "phone.mp4"
    picture = np.full((180 * 3 // 2, 320), 128, dtype=np.uint8)
    picture[:180] = np.linspace(40, 200, 320).astype(np.uint8)[None, :]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(60):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(with_rotation(path.read_bytes()))
    with open_camera(open_source(turned)) as real:
        sources = (take("a", camera=real),)
        options = FilmOptions(canvas=Size(90, 160))
        plan = plan_film(cut([(0.5, 1.5, "solo", "a")]), aligned(sources), sources, (), options)
        film = tmp_path / "film.mp4"
        render_film(plan, sources, aligned(sources), tmp_path / "cache", film)
    seen = next(lumas(film)).astype(int)
    assert seen.shape == (160, 90)
    assert np.ptp(seen.mean(axis=1)) > 140
    assert np.ptp(seen.mean(axis=0)) < 5
    assert seen[5].mean() < seen[-5].mean()


def with_rotation(data: bytes) -> bytes:
    """Turn the track's matrix by 90 degrees clockwise, as phones do (ISO 14496-12, tkhd)."""
    upright = (
        b"\x00\x01\x00\x00"
        + b"\x00" * 12
        + b"\x00\x01\x00\x00"
        + b"\x00" * 12
        + b"\x40\x00\x00\x00"
    )
    at = data.index(upright, data.index(b"tkhd"))
    one, minus = b"\x00\x01\x00\x00", b"\xff\xff\x00\x00"
    zero = b"\x00\x00\x00\x00"
    matrix = zero + one + zero + minus + zero + zero + zero + zero + b"\x40\x00\x00\x00"
    return data[:at] + matrix + data[at + 36 :]


def test_the_poster_shows_everybody_and_no_words(studio: Studio) -> None:
    plan = studio.plan(title="Two years", caption="Hello.")
    path = studio.folder / "poster.jpg"
    write_poster(plan, studio.sources, path)
    with Image.open(path) as poster:
        assert poster.size == (320, 180)
        grey = np.asarray(poster.convert("L")).astype(int)
    for tile in plan.poster.candidates[0]:
        assert np.ptp(grey[8:-8, tile.rect.left + 10 : tile.rect.right - 10]) < 12
    left, right = plan.poster.candidates[0]
    assert left.rect.size == right.rect.size
