from dataclasses import replace
from pathlib import Path

import pytest

from candid.engine.errors import BadInputError
from candid.engine.recording.grouping import group_takes
from candid.engine.recording.source import Source, open_sources, slug
from candid.engine.recording.take import Take
from tests.engine.recording.material import noise, write_media


def source(
    take_id: str, participant_id: str = "ada", call_id: str = "call", **changes: object
) -> Source:
    take = Take(
        folder=Path(take_id),
        call_id=call_id,
        participant_id=participant_id,
        take_id=take_id,
        clock_id=take_id,
        state="complete",
        started_us=0,
        name=None,
        tracks=(),
        beacons=(),
        gaps=(),
    )
    return Source(Path(take_id), replace(take, **changes), f"hash of {take_id}", ("microphone",))  # type: ignore[arg-type]


def test_takes_of_one_participant_belong_together() -> None:
    takes = [source("a1"), source("b1", "ben"), source("a2", name="Ada")]

    ada, ben = group_takes(takes)

    assert (ada.participant_id, ada.name) == ("ada", "Ada")
    assert [each.take.take_id for each in ada.sources] == ["a1", "a2"]
    assert (ben.participant_id, ben.name) == ("ben", None)


def test_takes_on_one_clock_stand_in_order_of_their_start() -> None:
    late = source("a2", clock_id="page", started_us=90)
    early = source("a1", clock_id="page", started_us=10)
    (ada,) = group_takes([late, early])
    assert [each.take.take_id for each in ada.sources] == ["a1", "a2"]


def test_takes_of_two_calls_make_no_film() -> None:
    with pytest.raises(BadInputError, match="a film is made from one call"):
        group_takes([source("a1"), source("b1", "ben", "other")])


def test_a_media_file_fits_any_call() -> None:
    assert len(group_takes([source("a1"), source("phone", "phone", "file")])) == 2


def test_one_take_given_twice_is_refused() -> None:
    with pytest.raises(BadInputError, match="is the same take as a1"):
        group_takes([source("a1"), replace(source("a1"), path=Path("copy"))])


def test_two_takes_with_one_id_are_refused() -> None:
    with pytest.raises(BadInputError, match="has the take_id 'a1'"):
        group_takes([source("a1"), replace(source("a1"), sha256="another")])


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_up_to_four_people_fit(count: int) -> None:
    people = group_takes([source(f"t{number}", f"p{number}") for number in range(count)])
    assert len(people) == count


def test_five_people_are_refused() -> None:
    with pytest.raises(BadInputError, match="t4: is participant 5; a film holds 4"):
        group_takes([source(f"t{number}", f"p{number}") for number in range(5)])


def test_files_named_alike_keep_apart(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        sound = noise(0.2, seed=number)
        paths.append(write_media(folder / "my voice.wav", sound, sound_codec="pcm_s16le"))

    sources = open_sources(paths)

    ids = [(each.take.call_id, each.take.participant_id, each.take.take_id) for each in sources]
    assert ids == [("file", name, name) for name in ("my-voice", "my-voice-2", "my-voice-3")]
    assert len(group_takes(sources)) == 3


def test_the_same_file_given_twice_is_refused(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", noise(0.2), sound_codec="pcm_s16le")
    with pytest.raises(BadInputError, match="is the same take"):
        group_takes(open_sources([path, path]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada's phone (2)", "Ada-s-phone-2"),
        ("José", "Jose"),
        ("Ольга", "u041e-u043b-u044c-u0433-u0430"),
        ("...", "take"),
        ("x" * 300, "x" * 100),
    ],
)
def test_any_file_name_gives_a_plain_id(name: str, expected: str) -> None:
    assert slug(name) == expected
