import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from candid.engine.errors import BadInputError, NewerSchemaError
from candid.engine.recording.take import (
    Anchor,
    Beacon,
    Fragment,
    Gap,
    InitSegment,
    Take,
    Track,
    manifest_document,
    read_take,
)
from candid.engine.timebase import Interval
from tests.engine.recording.material import Given, edit_manifest, track_of

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "take-1.json"


@pytest.fixture(scope="session")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
hashes = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
counts = st.integers(0, 2**40)
clock_us = st.integers(-(2**40), 2**40)
inits = st.builds(InitSegment, hashes, counts)
fragments = st.builds(Fragment, counts, hashes, counts, counts, counts)
anchors = st.builds(Anchor, counts, clock_us)
tracks = st.builds(
    Track,
    kind=st.sampled_from(["microphone", "camera", "heard"]),
    codec=st.text(max_size=12),
    rate=st.integers(1, 2_000_000),
    origin_us=clock_us,
    init=inits,
    fragments=st.lists(fragments, max_size=3).map(tuple),
    anchors=st.lists(anchors, max_size=3).map(tuple),
)
beacons = st.builds(Beacon, st.none() | ids, ids, clock_us, clock_us, clock_us, clock_us)
gaps = st.builds(
    Gap,
    st.sampled_from(["missing", "paused", "struck", "stalled", "muted"]),
    st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(
        lambda pair: Interval(min(pair) / 1e6, max(pair) / 1e6)
    ),
    st.none() | st.sampled_from(["microphone", "camera", "heard"]),
)
takes = st.builds(
    Take,
    folder=st.just(Path()),
    call_id=ids,
    participant_id=ids,
    take_id=ids,
    clock_id=ids,
    state=st.sampled_from(["recording", "complete", "interrupted"]),
    started_us=clock_us,
    name=st.none() | st.text(max_size=20),
    tracks=st.lists(tracks, max_size=3, unique_by=lambda track: track.kind).map(tuple),
    beacons=st.lists(beacons, max_size=3).map(tuple),
    gaps=st.lists(gaps, max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(take=takes)
def test_every_manifest_written_fits_the_schema_and_is_read_back(
    take: Take, validator: Draft202012Validator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    document = manifest_document(take)
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")

    validator.validate(document)
    again = read_take(folder)

    assert manifest_document(again) == document
    assert again.gaps == take.gaps


def test_the_writer_writes_what_the_schema_allows(
    given: Given, validator: Draft202012Validator
) -> None:
    validator.validate(json.loads((given.folder / "manifest.json").read_text(encoding="utf-8")))


def test_unknown_fields_are_ignored_at_every_level(
    given: Given, folder: Path, validator: Draft202012Validator
) -> None:
    def sprinkle(value: Any) -> None:
        if isinstance(value, dict):
            for each in list(value.values()):
                sprinkle(each)
            value["from_the_future"] = {"x": [1, None]}
        elif isinstance(value, list):
            for each in value:
                sprinkle(each)

    edit_manifest(folder, sprinkle)

    validator.validate(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    assert read_take(folder).tracks == given.take.tracks


@pytest.mark.parametrize("version", ["1", "1.0", "1.7"])
def test_a_newer_minor_version_is_read(
    given: Given, folder: Path, validator: Draft202012Validator, version: str
) -> None:
    edit_manifest(folder, lambda document: document.update(schema=f"candid.take/{version}"))
    validator.validate(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    assert read_take(folder).tracks == given.take.tracks


def test_a_newer_major_version_is_refused(folder: Path, validator: Draft202012Validator) -> None:
    edit_manifest(folder, lambda document: document.update(schema="candid.take/2.0"))
    assert not validator.is_valid(json.loads((folder / "manifest.json").read_text("utf-8")))
    with pytest.raises(NewerSchemaError, match="update Candid"):
        read_take(folder)


def _set(name: str, value: Any) -> Any:
    return lambda document: document.update({name: value})


def _set_in_track(name: str, value: Any) -> Any:
    return lambda document: track_of(document, "microphone").update({name: value})


def _set_in_fragment(name: str, value: Any) -> Any:
    return lambda document: track_of(document, "microphone")["fragments"][2].update({name: value})


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (_set("call_id", "two words"), "call_id"),
        (_set("take_id", ""), "take_id"),
        (_set("take_id", "../up"), "take_id"),
        (_set("state", "done"), "state"),
        (_set("started_us", 1.5), "started_us"),
        (_set("tracks", {}), "tracks"),
        (_set("gaps", [{"reason": "bored", "start_us": 1, "end_us": 2}]), "gaps[0].reason"),
        (_set("beacons", [{"t1_us": 1}]), "beacons[0].peer_clock_id"),
        (_set_in_track("kind", "screen"), "kind"),
        (_set_in_track("rate", 0), "rate"),
        (_set_in_track("init", None), "init"),
        (_set_in_track("anchors", [{"sample": -1, "monotonic_us": 0}]), "anchors[0].sample"),
        (_set_in_fragment("sha256", "0" * 63), "fragments[2].sha256"),
        (_set_in_fragment("start", -1), "fragments[2].start"),
    ],
)
def test_schema_and_reader_refuse_the_same_faults_and_the_reader_names_the_field(
    folder: Path, validator: Draft202012Validator, spoil: Any, where: str
) -> None:
    edit_manifest(folder, spoil)
    assert not validator.is_valid(json.loads((folder / "manifest.json").read_text("utf-8")))
    with pytest.raises(BadInputError) as caught:
        read_take(folder)
    assert where in caught.value.where
    assert "\n" not in str(caught.value)


def test_a_gap_cannot_end_before_it_starts(folder: Path) -> None:
    edit_manifest(folder, _set("gaps", [{"reason": "struck", "start_us": 5, "end_us": 4}]))
    with pytest.raises(BadInputError, match="lies before start_us"):
        read_take(folder)


def test_a_take_holds_one_track_of_a_kind(folder: Path) -> None:
    edit_manifest(folder, lambda document: document["tracks"].append(document["tracks"][0]))
    with pytest.raises(BadInputError, match="two tracks of one kind"):
        read_take(folder)


def test_a_manifest_that_is_no_json_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b'{"schema": "candid.ta')
    with pytest.raises(BadInputError, match="is not JSON"):
        read_take(folder)
