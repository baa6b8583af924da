import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, LayoutLimits, Shot
from candid.engine.cut.proposal import propose_cut
from candid.engine.cut.store import (
    CutLimits,
    check_cut,
    check_sources,
    cut_document,
    read_cut,
    write_cut,
)
from candid.engine.errors import BadInputError, NewerSchemaError
from candid.engine.timebase import Interval
from tests.engine.cut.builders import invented

SCHEMA = Path(__file__).parents[3] / "docs/schema/cut-1.json"

LIMITS = CutLimits(
    layouts=(LayoutLimits("solo", 1, 1), LayoutLimits("side_by_side", 2, 2)),
    take_ids=("t1", "t2"),
    call=Interval(0.0, 60.0),
    struck=(Interval(50.0, 52.0),),
)


def a_cut() -> Cut:
    return Cut(
        title="Zweimal gefragt",
        signpost="Talk to somebody.\nIn danger, call.",
        target_s=60.0,
        takes=(
            CutTake("t1", "rosa", "takes/rosa o'neill", "ab"),
            CutTake("t2", "daniel", "/data/Даниил.mp4", ""),
        ),
        participants=(CutParticipant("rosa", "Rosa"), CutParticipant("daniel", None)),
        shots=(
            Shot("s1", Interval(0.1, 7.3), "solo", ("rosa",), "Kept."),
            Shot("s2", Interval(7.3, 12.0), "side_by_side", ("rosa", "daniel"), ""),
            Shot("s3", Interval(20.0, 30.0), "solo", ("daniel",), ""),
        ),
        left_out=((Interval(12.0, 20.0), "Left out: nobody speaks."),),
        alignment="../alignment.json",
    )


def test_a_written_cut_is_read_back_equal(tmp_path: Path) -> None:
    write_cut(tmp_path / "cut.json", a_cut())
    assert read_cut(tmp_path / "cut.json", LIMITS) == a_cut()


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000))
def test_every_proposal_survives_the_file(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "cut.json"
    cut = propose_cut(invented(seed, length_s=80.0), target_s=40.0)
    write_cut(path, cut)
    assert read_cut(path) == cut
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(path.read_text()))


def test_what_is_optional_may_be_missing(tmp_path: Path) -> None:
    document = cut_document(a_cut())
    for name in ("title", "signpost", "target_s", "left_out", "alignment", "transcript"):
        del document[name]
    document["from_a_later_minor_version"] = {"ignored": True}
    document["schema"] = "candid.cut/1.7"
    cut = read_document(tmp_path, document)
    assert (cut.title, cut.signpost, cut.target_s, cut.left_out) == (None, "", None, ())
    assert (cut.alignment, cut.transcript) == ("alignment.json", "transcript.json")


def read_document(folder: Path, document: Any, limits: CutLimits = LIMITS) -> Cut:
    (folder / "cut.json").write_text(json.dumps(document), encoding="utf-8")
    return read_cut(folder / "cut.json", limits)


def edit(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


BAD = {
    "unknown layout": (
        edit("shots", 1, "layout", to="mosaic"),
        "cut.json.shots[1].layout: is 'mosaic', unknown; known are solo, side_by_side",
    ),
    "too many people": (
        edit("shots", 0, "people", to=["rosa", "daniel"]),
        "cut.json.shots[0].people: holds 2 people; the layout solo shows 1 to 1",
    ),
    "unknown person": (
        edit("shots", 0, "people", to=["mina"]),
        "cut.json.shots[0].people[0]: is 'mina', unknown; the participants are daniel, rosa",
    ),
    "a person twice": (
        edit("shots", 1, "people", to=["rosa", "rosa"]),
        "cut.json.shots[1].people: shows somebody twice",
    ),
    "missing take": (
        edit("takes", 1, "take", to="t9"),
        "cut.json.takes[1].take: is 't9', which the alignment does not know; it knows t1, t2",
    ),
    "take of nobody": (
        edit("takes", 1, "participant", to="mina"),
        "cut.json.takes[1].participant: is 'mina', who is not among the participants",
    ),
    "person without take": (
        edit("participants", 1, "participant", to="mina"),
        "cut.json.takes[1].participant: is 'daniel', who is not among the participants",
    ),
    "take twice": (
        edit("takes", 1, "take", to="t1"),
        "cut.json.takes[1].take: is 't1', which stands there twice",
    ),
    "shot twice": (
        edit("shots", 2, "shot", to="s1"),
        "cut.json.shots[2].shot: is 's1', which stands there twice",
    ),
    "before the call": (
        edit("shots", 0, "start_s", to=-2),
        "cut.json.shots[0].start_s: is -2.000, outside the call, which runs from 0.000 to 60.000",
    ),
    "after the call": (
        edit("shots", 2, "end_s", to=61.5),
        "cut.json.shots[2].end_s: is 61.500, outside the call",
    ),
    "reversed": (
        edit("shots", 2, "end_s", to=19),
        "cut.json.shots[2].end_s: is 19, before start_s (20)",
    ),
    "too short": (
        edit("shots", 2, "end_s", to=20.05),
        "cut.json.shots[2].end_s: is only 0.050 s after start_s; the least is 0.1",
    ),
    "overlapping": (
        edit("shots", 2, "start_s", to=11.5),
        "cut.json.shots[2].start_s: overlaps shots[1] by 0.500 s",
    ),
    "struck": (
        edit("shots", 2, "end_s", to=51),
        "cut.json.shots[2]: enters struck time (50.000 to 52.000 s), which no film may show",
    ),
    "no shots": (edit("shots", to=[]), "cut.json.shots: is empty"),
    "no takes": (edit("takes", to=[]), "cut.json.takes: is empty"),
    "text for a time": (
        edit("shots", 0, "start_s", to="1:30"),
        'cut.json.shots[0].start_s: must be a number, not "1:30"',
    ),
    "infinite": (
        edit("shots", 0, "start_s", to=float("-inf")),
        "cut.json.shots[0].start_s: is -inf",
    ),
    "no layout": (edit("shots", 0, "layout", to=None), "cut.json.shots[0].layout: is missing"),
    "empty name": (edit("takes", 0, "source", to=" "), "cut.json.takes[0].source: is empty"),
    "people as text": (edit("shots", 0, "people", to="rosa"), "cut.json.shots[0].people: must be"),
    "target of nought": (edit("target_s", to=0), "cut.json.target_s: is 0, outside 1 to inf"),
    "another schema": (edit("schema", to="candid.take/1.0"), "cut.json.schema: is 'candid.take"),
}


@pytest.mark.parametrize(("change", "line"), BAD.values(), ids=BAD.keys())
def test_a_bad_value_is_refused_with_its_field(
    change: Callable[[dict[str, Any]], None], line: str, tmp_path: Path
) -> None:
    document = cut_document(a_cut())
    change(document)
    with pytest.raises(BadInputError) as refused:
        read_document(tmp_path, document)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_a_newer_major_version_is_refused(tmp_path: Path) -> None:
    document = cut_document(a_cut()) | {"schema": "candid.cut/2.0"}
    with pytest.raises(NewerSchemaError, match=r"cut.json.schema: .* update Candid"):
        read_document(tmp_path, document)


def test_shots_may_stand_in_another_order(tmp_path: Path) -> None:
    cut = a_cut()
    turned = replace(cut, shots=cut.shots[::-1])
    assert read_document(tmp_path, cut_document(turned)) == turned


def test_a_person_without_a_take_is_refused() -> None:
    cut = a_cut()
    more = replace(cut, participants=(*cut.participants, CutParticipant("mina", "Mina")))
    with pytest.raises(BadInputError, match=r"participants\[2\].participant: is 'mina', of whom"):
        check_cut(more, LIMITS)


def test_without_limits_only_the_cut_itself_is_checked() -> None:
    cut = a_cut()
    far = replace(cut.shots[2], interval=Interval(900.0, 901.0), layout="of tomorrow")
    check_cut(replace(cut, shots=(*cut.shots[:2], far)), CutLimits())


def test_a_take_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "takes" / "rosa o'neill").mkdir(parents=True)
    cut = a_cut()
    with pytest.raises(BadInputError, match=r"cut.json.takes\[1\].source: take 't2' is not there"):
        check_sources(cut, tmp_path)
    check_sources(replace(cut, takes=cut.takes[:1]), tmp_path)
