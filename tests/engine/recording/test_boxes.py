"""Fragments come from anybody: each tells its time, or is refused, at little cost."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candid.engine.recording import boxes
from candid.engine.recording.boxes import fragment_span
from tests.engine.recording.material import make_take


def box(name: bytes, *payload: bytes) -> bytes:
    whole = b"".join(payload)
    return struct.pack(">I", 8 + len(whole)) + name + whole


def trun(count: int, *durations: int, flags: int = 0x100) -> bytes:
    return box(
        b"trun", struct.pack(">II", flags, count), *(struct.pack(">I", d) for d in durations)
    )


def fragment(*inner: bytes, tfdt: bytes = struct.pack(">II", 0, 48_000)) -> bytes:
    return box(b"moof", box(b"traf", box(b"tfdt", tfdt), *inner)) + box(b"mdat", b"sound")


def test_start_and_duration_are_what_the_boxes_say():
    assert fragment_span(fragment(trun(3, 10, 20, 30), trun(1, 5))) == (48_000, 65)
    # Beside each duration its size, behind the offset of the data.
    with_sizes = trun(2, 0, 10, 999, 20, 999, flags=0x301)
    assert fragment_span(fragment(with_sizes)) == (48_000, 30)
    late = struct.pack(">IQ", 1 << 24, 2**40)
    default = box(b"tfhd", struct.pack(">IIQI", 0x9, 1, 0, 7))
    assert fragment_span(fragment(default, trun(3, flags=0), tfdt=late)) == (2**40, 21)
    assert fragment_span(fragment(trun(0))) == (48_000, 0)


@pytest.mark.parametrize(
    "crafted",
    [
        fragment(trun(2**32 - 1, 10, 20)),
        fragment(trun(2**32 - 1, 10, 20, flags=0xF05)),
        fragment(trun(3, 10, 20)),
        fragment(box(b"trun", b"\0\0")),
        fragment(box(b"tfhd", struct.pack(">II", 0x8, 1)), trun(1, 10)),
        fragment(trun(1, 10), tfdt=b""),
        fragment(trun(1, 10), tfdt=b"\0\0\0\0\0"),
        fragment(trun(1, 10), tfdt=struct.pack(">II", 1 << 24, 48_000)),
        fragment(*[trun(1, 10)] * boxes.MOST_BOXES),
        box(b"free") * 1_000_000 + fragment(trun(1, 10)),
        box(b"moof", *[box(b"traf")] * 100_000) + fragment(trun(1, 10)),
    ],
)
def test_a_crafted_fragment_is_refused_without_its_samples_being_counted(crafted):
    with pytest.raises(ValueError, match=r"boxes|shorter|no fragment"):
        fragment_span(crafted)


pieces = st.binary(max_size=40) | st.sampled_from(
    [
        trun(2, 10, 20),
        trun(2**31, 1),
        trun(2**31, 1, flags=0),
        box(b"tfhd", b"\xff" * 24),
        box(b"moof"),
    ]
)


@given(
    inner=st.lists(pieces, max_size=4), tfdt=st.binary(max_size=14), around=st.binary(max_size=9)
)
def test_whatever_a_fragment_holds_it_tells_a_span_or_is_refused(inner, tfdt, around):
    told = span_or_none(around + fragment(*inner, tfdt=tfdt) + around)
    assert told is None or min(told) >= 0


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> bytes:
    given = make_take(tmp_path_factory.mktemp("take"), seconds=3)
    return (given.folder / "camera" / "000000.m4s").read_bytes()


@given(at=st.integers(0, 600), put=st.binary(max_size=8), keep=st.integers(0, 3000))
def test_a_fragment_with_flipped_or_missing_bytes_tells_a_span_or_is_refused(
    written, at, put, keep
):
    told = span_or_none((written[:at] + put + written[at + len(put) :])[:keep])
    assert told is None or min(told) >= 0


def span_or_none(data: bytes) -> tuple[int, int] | None:
    try:
        return fragment_span(data)
    except ValueError:
        return None
