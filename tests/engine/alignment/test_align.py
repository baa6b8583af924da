from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.simulation.conversation import Scene, beacon_exchanges
from bench.simulation.voices import RATE_HZ
from candid.engine.alignment.align import align_takes
from candid.engine.alignment.evidence import TakeEvidence
from candid.engine.alignment.result import alignment_document, read_alignment
from candid.engine.alignment.sound import prepare_sound
from candid.engine.errors import BadInputError, UnalignableError
from candid.engine.files import write_json
from candid.engine.timebase import ClockMap, Interval
from tests.engine.alignment.material import (
    BUSY,
    CALM,
    call,
    errors_s,
    plain,
    recorded,
    side_of,
)

UNEQUAL = replace(BUSY, delays_s=(0.08, 0.26))
SEEDS = range(4)


def both(scene: Scene, seed: int, voices: str = "made") -> list[TakeEvidence]:
    return [plain(scene, seed, name, voices) for name in "ab"]


@pytest.mark.parametrize(("seed", "voices"), [*((seed, "made") for seed in SEEDS), (1, "recorded")])
def test_guides_alone_find_offset_drift_and_hole(seed: int, voices: str) -> None:
    conversation = call(CALM, seed, voices)
    alignment = align_takes(both(CALM, seed, voices))

    off_s = errors_s(alignment, conversation.truth(), conversation)
    assert np.median(off_s) <= 0.010
    assert off_s.max() <= 0.025
    assert off_s.max() <= alignment.error_s
    assert alignment.take("b").evidence == ("guides",)
    name = "a" if conversation.first.hole_at_s is not None else "b"
    side = side_of(conversation, name)
    (hole,) = alignment.holes
    assert hole.take_id == name
    assert hole.at_s == pytest.approx(side.hole_at_s, abs=1.0)
    assert hole.duration_s == pytest.approx(side.hole_s, abs=0.015)


def test_a_change_that_one_direction_alone_saw_is_not_taken_for_a_second_hole() -> None:
    """Seed 5 of this scene: one way slows while the other is silent, then a hole follows."""
    scene = replace(BUSY, n_steps=2)
    conversation = call(scene, 5)
    alignment = align_takes(both(scene, 5))
    assert errors_s(alignment, conversation.truth(), conversation).max() <= 0.025
    assert [hole.take_id for hole in alignment.holes] == ["b"]


@pytest.mark.parametrize("seed", SEEDS)
def test_bleed_does_where_no_guide_is(seed: int) -> None:
    conversation = call(CALM, seed)
    takes = [replace(take, heard=None) for take in both(CALM, seed)]
    alignment = align_takes(takes)
    off_s = errors_s(alignment, conversation.truth(), conversation)
    assert off_s.max() <= 0.025
    assert alignment.take("b").evidence == ("bleed",)


@pytest.mark.parametrize("scene", [BUSY, UNEQUAL], ids=["equal", "unequal"])
@pytest.mark.parametrize("seed", range(7))
def test_the_stated_error_of_sound_covers_the_true_one(scene: Scene, seed: int) -> None:
    conversation = call(scene, seed)
    alignment = align_takes(both(scene, seed))
    assert errors_s(alignment, conversation.truth(), conversation).max() <= alignment.error_s


@pytest.mark.parametrize("seed", SEEDS)
def test_one_direction_alone_covers_what_it_cannot_know(seed: int) -> None:
    first, second = both(BUSY, seed)
    takes = [replace(first, heard=None), replace(second, microphone=None)]
    alignment = align_takes(takes)
    conversation = call(BUSY, seed)
    off_s = errors_s(alignment, conversation.truth(), conversation)
    assert off_s.max() <= alignment.error_s <= 1.0
    assert "one direction" in alignment.take("b").estimate
    assert alignment.holes == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_swapping_the_takes_inverts_the_map(seed: int) -> None:
    first, second = both(CALM, seed)
    forth, back = align_takes([first, second]), align_takes([second, first])
    times_s = np.arange(30.0, 140.0, 0.25)
    apart_s = np.abs(forth.between("a", "b")(times_s) - back.between("a", "b")(times_s))
    # The windows lie elsewhere, and a hole is placed to a tenth of a second.
    around = [h.at_s if h.take_id == "a" else forth.between("b", "a")(h.at_s) for h in forth.holes]
    for at_s in around:
        apart_s[np.abs(times_s - at_s) < 1.0] = 0.0
    assert apart_s.max() <= 0.008
    assert {hole.take_id for hole in forth.holes} == {hole.take_id for hole in back.holes}


@pytest.mark.parametrize("shift_s", [0.5, 3.25, 12.0])
def test_a_later_start_shifts_the_result_by_exactly_that(shift_s: float) -> None:
    """Whole frames, so that even the windows fall on the same samples of b."""
    conversation = call(CALM, 3)
    first, second = both(CALM, 3)
    cut = round(shift_s * RATE_HZ)
    later = replace(
        first,
        microphone=prepare_sound([conversation.first.microphone[cut:]], RATE_HZ),
        heard=prepare_sound([conversation.first.heard[cut:]], RATE_HZ),
    )
    whole, part = align_takes([first, second]), align_takes([later, second])
    times_s = np.concatenate([np.arange(30.0, 100.0), np.arange(110.0, 140.0)])
    moved = part.between("a", "b")(times_s - shift_s)
    apart_s = np.abs(whole.between("a", "b")(times_s) - moved)
    at_s = [h.at_s if h.take_id == "a" else whole.between("b", "a")(h.at_s) for h in whole.holes]
    apart_s[np.abs(times_s - at_s[0]) < 1.5] = 0.0
    assert apart_s.max() <= 0.003


@pytest.mark.parametrize("seed", SEEDS)
def test_every_map_rises(seed: int) -> None:
    for scene in (CALM, UNEQUAL):
        alignment = align_takes(both(scene, seed))
        times_s = np.arange(-5.0, 200.0, 0.01)
        for one, other in (("a", "b"), ("b", "a")):
            assert (np.diff(alignment.between(one, other)(times_s)) >= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_beacons_and_anchors_place_takes_to_milliseconds(seed: int) -> None:
    scene = replace(CALM, delays_s=(0.08, 0.26), beacon_extra_s=0.002)
    conversation = call(scene, seed)
    takes = [recorded(scene, seed, "a"), recorded(scene, seed, "b", conversation.beacons)]
    alignment = align_takes(takes)
    truth = conversation.computers_truth()
    times_s = np.arange(0.0, 150.0)
    off_s = np.abs(alignment.between("a", "b")(times_s) - truth(times_s))
    half_trip_s = min(beacon.round_trip_s for beacon in conversation.beacons) / 2
    assert off_s.max() <= 0.005
    assert off_s.max() <= alignment.error_s <= half_trip_s + 0.005
    assert alignment.take("b").evidence == ("beacons",)
    assert alignment.take("b").estimate.endswith("the sound agrees")
    assert alignment.holes == ()


@pytest.mark.parametrize("extra_s", [0.09, -0.09])
def test_sound_bounds_what_an_uneven_path_of_beacons_could_hide(extra_s: float) -> None:
    """With a sound delay of 40 ms, beacons cannot be 45 ms late on that way."""
    scene = replace(CALM, delays_s=(0.04, 0.04), wander_s=0.002, beacon_extra_s=extra_s)
    conversation = call(scene, 2)
    takes = [recorded(scene, 2, "a"), recorded(scene, 2, "b", conversation.beacons)]
    half_trip_s = min(beacon.round_trip_s for beacon in conversation.beacons) / 2
    alignment = align_takes(takes)
    off_s = np.abs(
        alignment.between("a", "b")(np.arange(150.0))
        - conversation.computers_truth()(np.arange(150.0))
    )
    assert off_s.max() <= alignment.error_s < half_trip_s


def test_beacons_that_the_sound_contradicts_say_so() -> None:
    conversation = call(CALM, 1)
    lying = tuple(
        replace(beacon, t2_us=beacon.t2_us + 900_000, t3_us=beacon.t3_us + 900_000)
        for beacon in conversation.beacons
    )
    alignment = align_takes([recorded(CALM, 1, "a"), recorded(CALM, 1, "b", lying)])
    assert "contradicts" in alignment.take("b").estimate
    assert alignment.error_s > 0.5


def test_a_hole_that_the_recorder_did_not_notice_is_added_to_the_error() -> None:
    conversation = call(CALM, 0)
    name = "a" if conversation.first.hole_at_s is not None else "b"
    side = side_of(conversation, name)
    ignorant = ClockMap(((0.0, 0.0), (1000.0, side.track_clock()(1.0) * 1000.0)))
    takes = [recorded(CALM, 0, "a"), recorded(CALM, 0, "b", conversation.beacons)]
    takes = [
        replace(
            take,
            microphone=replace(take.microphone, clock=ignorant),
            heard=replace(take.heard, clock=ignorant),
        )
        if take.take_id == name and take.microphone is not None and take.heard is not None
        else take
        for take in takes
    ]
    alignment = align_takes(takes)
    assert "moves by" in alignment.take("b").estimate
    assert alignment.error_s > side.hole_s / 2


def test_holes_that_the_recorder_noticed_are_handed_on() -> None:
    conversation = call(CALM, 0)
    side = conversation.first if conversation.first.hole_at_s is not None else conversation.second
    assert side.hole_at_s is not None
    known = Interval(side.hole_at_s, side.hole_at_s + side.hole_s)
    first = replace(recorded(CALM, 0, "a"), holes=(known,))
    alignment = align_takes([first, recorded(CALM, 0, "b", conversation.beacons)])
    assert [(h.take_id, h.at_s) for h in alignment.holes] == [("a", known.start_s)]


@pytest.mark.parametrize("guides", ["guides", "no guides"])
@pytest.mark.parametrize(
    ("one", "other"),
    [(one, other) for one in SEEDS for other in SEEDS if one != other] + [(1, 4), (4, 1)],
)
def test_unrelated_recordings_are_refused(one: int, other: int, guides: str) -> None:
    """Seed 4 is of recorded voices here."""
    takes = [
        plain(CALM, 1 if seed == 4 else seed, name, "recorded" if seed == 4 else "made")
        for seed, name in ((one, "a"), (other, "b"))
    ]
    if guides == "no guides":
        takes = [replace(take, heard=None) for take in takes]
    with pytest.raises(UnalignableError) as caught:
        align_takes(takes)
    assert "b and a have nothing in common" in str(caught.value)
    assert "--offset" in str(caught.value)
    assert any("windows agree" in line for line in caught.value.tried)
    assert any("beacons" in line for line in caught.value.tried)


def test_an_offset_by_hand_wins_over_all_other_evidence() -> None:
    takes = both(CALM, 0)
    alignment = align_takes(takes, offsets_s={"b": 12.5})
    assert alignment.take("b").clock(3.0) == pytest.approx(15.5)
    assert alignment.take("b").evidence == ("offset",)
    assert alignment.error_s > 0.1


@pytest.mark.parametrize("take_id", ["a", "c"])
def test_an_offset_of_the_first_or_of_no_take_is_refused(take_id: str) -> None:
    with pytest.raises(BadInputError, match=f"{take_id}: cannot have an offset.*: b"):
        align_takes(both(CALM, 0), offsets_s={take_id: 1.0})


def test_one_take_is_its_own_clock() -> None:
    alignment = align_takes([plain(CALM, 0, "a")])
    assert alignment.take("a").clock(77.0) == 77.0
    assert alignment.take("a").evidence == ("alone",)
    assert alignment.error_s == 0.0


def test_no_take_is_refused() -> None:
    with pytest.raises(BadInputError, match="no take"):
        align_takes([])


def test_one_take_id_given_twice_is_refused() -> None:
    with pytest.raises(BadInputError, match="a: is the same recording; give each take once"):
        align_takes([plain(CALM, 0, "a"), plain(CALM, 1, "a")])


def test_a_copy_under_another_name_is_refused() -> None:
    copy = replace(plain(CALM, 0, "a"), take_id="copy", clock_id="copy", participant_id="copy")
    with pytest.raises(BadInputError, match="copy: is the same recording as a; give each"):
        align_takes([plain(CALM, 0, "a"), copy])


def test_a_copy_in_another_format_with_its_start_cut_off_is_refused() -> None:
    samples = call(CALM, 0).first.microphone[RATE_HZ * 5 :].astype(np.float32) / 32768
    rng = np.random.default_rng(1)
    coded = samples * 0.8 + rng.normal(0, 0.001, len(samples)).astype(np.float32)
    sound = prepare_sound([coded], RATE_HZ)
    copy = TakeEvidence("copy", "copy", "copy", sound.duration_s, sound)
    with pytest.raises(BadInputError, match="same recording as a"):
        align_takes([plain(CALM, 0, "a"), copy])


def test_two_microphones_in_one_room_are_no_copies() -> None:
    """The same voices, another drift, another noise, another distance."""
    conversation = call(CALM, 0)
    rng = np.random.default_rng(2)
    samples = conversation.first.microphone.astype(np.float32) / 32768
    at = np.arange(0, len(samples) - 1, 1 + 80e-6)
    echo = np.interp(at, np.arange(len(samples)), samples) + 0.4 * np.roll(
        np.interp(at, np.arange(len(samples)), samples), 150
    )
    noisy = echo + rng.normal(0, 0.01, len(echo))
    sound = prepare_sound([noisy], RATE_HZ)
    table = TakeEvidence("table", "table", "table", sound.duration_s, sound)
    alignment = align_takes([plain(CALM, 0, "a"), table])
    expected_s = 100.0 / (1 + 80e-6)
    assert alignment.between("a", "table")(100.0) == pytest.approx(expected_s, abs=0.02)
    assert alignment.error_s >= 0.02


def test_two_takes_of_one_participant_meet_through_the_other_one() -> None:
    """A reload in mid-call: both halves hear the same peer and are heard by it."""
    scene = replace(CALM, hole_s=(0.0, 0.0))
    conversation = call(scene, 2)
    half = 70 * RATE_HZ
    halves = []
    for take_id, part in (("a", slice(0, half)), ("a-2", slice(half + RATE_HZ, None))):
        sounds = (conversation.first.microphone[part], conversation.first.heard[part])
        microphone, heard = (prepare_sound([each], RATE_HZ) for each in sounds)
        halves.append(TakeEvidence(take_id, "a", take_id, microphone.duration_s, microphone, heard))
    alignment = align_takes([*halves, plain(scene, 2, "b")])
    assert alignment.take("a-2").clock(0.0) == pytest.approx(71.0, abs=0.03)
    assert alignment.take("a-2").error_s > alignment.take("b").error_s


def test_two_devices_of_one_participant_meet_by_what_both_heard() -> None:
    conversation = call(CALM, 3)
    second = conversation.first.heard[RATE_HZ * 3 :]
    rng = np.random.default_rng(3)
    noise = rng.integers(-20, 20, len(second)).astype(np.int16)
    takes = [
        TakeEvidence(name, "a", name, 140.0, None, prepare_sound([sound], RATE_HZ))
        for name, sound in (("phone", conversation.first.heard), ("laptop", second + noise))
    ]
    alignment = align_takes(takes)
    assert alignment.take("laptop").clock(0.0) == pytest.approx(3.0, abs=0.005)
    assert alignment.take("laptop").evidence == ("guides",)
    assert alignment.error_s >= 0.4


def test_three_takes_are_linked_by_whom_each_one_heard() -> None:
    """The third one exchanged beacons with the second alone, and the errors add up."""
    first, second = both(CALM, 1)
    own, other = call(CALM, 1).second.computer, call(CALM, 3).second.computer
    exchanges = beacon_exchanges(CALM, other, own, np.random.default_rng(0))
    told = tuple(replace(each, peer_take_id="c", peer_clock_id="c") for each in exchanges)
    third = TakeEvidence("c", "c", "c", 150.0, None)
    alignment = align_takes([first, replace(second, beacons=told), third])
    assert alignment.take("c").evidence == ("beacons",)
    assert alignment.between("b", "c")(100.0) == pytest.approx(
        other(own.inverse()(100.0)), abs=0.005
    )
    assert alignment.take("c").error_s > alignment.take("b").error_s


def test_a_fourth_take_is_placed_too() -> None:
    first, second = both(CALM, 1)
    reload = replace(second, take_id="b-2", participant_id="b", clock_id="b", microphone=None)
    guest = TakeEvidence("c", "c", "c", 150.0, None)
    alignment = align_takes(
        [first, second, replace(reload, started_us=9_000_000), guest], offsets_s={"c": 4.0}
    )
    assert [take.evidence for take in alignment.takes[1:]] == [("guides",), ("clock",), ("offset",)]
    assert alignment.between("b", "b-2")(20.0) == pytest.approx(11.0)


def test_the_document_of_an_alignment_reads_back(tmp_path: Path) -> None:
    alignment = align_takes(both(CALM, 0))
    write_json(tmp_path / "alignment.json", alignment_document(alignment))
    assert read_alignment(tmp_path / "alignment.json") == alignment
    document = alignment_document(alignment)
    b_on_a = ClockMap(tuple((x, y) for x, y in document["map"]))
    assert b_on_a(50.0) == pytest.approx(alignment.between("a", "b")(50.0))
