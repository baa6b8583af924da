import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.errors import BadInputError
from candid.engine.transcript.caption_files import read_passages
from candid.engine.transcript.cues import make_cues
from candid.engine.transcript.subtitles import write_srt, write_vtt
from tests.engine.transcript.material import spoken, word

NAMES = {"rosa": "Rosa & <Co>", "daniel": "Daniel"}


def test_webvtt_names_the_speaker_and_escapes_what_it_must() -> None:
    words = spoken("a<b & b>c --> d")
    assert write_vtt(make_cues(words), NAMES, note="read by\nnobody") == (
        "WEBVTT\n\nNOTE\nread by nobody\n\n1\n00:00:00.000 --> 00:00:01.443\n"
        "<v Rosa &amp; &lt;Co&gt;>a&lt;b &amp; b&gt;c --&gt; d</v>\n"
    )


def test_subrip_counts_from_one_and_has_commas() -> None:
    words = [*spoken("Twice?", 3599.5), *spoken("Twice.", 3604.0, "daniel")]
    first, second = write_srt(make_cues(words)).split("\n\n")
    assert first == "1\n00:59:59,500 --> 01:00:00,333\nTwice?"
    assert second.startswith("2\n01:00:04,000 --> ")


def test_an_exchange_has_a_voice_and_a_dash_a_line() -> None:
    words = [word("Twice?", 1.0, 1.3), word("Twice.", 1.2, 1.6, "daniel")]
    text = write_vtt(make_cues(words), {})
    assert text.endswith("<v rosa>- Twice?</v>\n<v daniel>- Twice.</v>\n")
    assert write_srt(make_cues(words)).endswith("\n- Twice?\n- Twice.\n")


TOKEN = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=9)


@settings(max_examples=100, deadline=None)
@given(st.lists(TOKEN, min_size=1, max_size=30), st.sampled_from(["rosa", "daniel"]))
def test_webvtt_gives_back_every_word_speaker_and_time(tokens: list[str], who: str) -> None:
    words = spoken(" ".join("x" + token for token in tokens), 1.0, who)
    cues = make_cues(words)
    passages = read_passages(write_vtt(cues, NAMES), list(NAMES.values()))
    assert [token for each in passages for token in each.text.split()] == [w.text for w in words]
    assert {each.speaker for each in passages} == {NAMES[who]}
    times = {(round(cue.interval.start_s, 3), round(cue.interval.end_s, 3)) for cue in cues}
    assert {(i.start_s, i.end_s) for each in passages if (i := each.interval)} == times


def test_subrip_gives_back_every_word() -> None:
    words = spoken("I was so afraid of making it worse. And then I just stayed, & that was that.")
    passages = read_passages(write_srt(make_cues(words)))
    assert " ".join(each.text for each in passages) == " ".join(each.text for each in words)


VTT = """WEBVTT - a title

STYLE
::cue { color: white }

NOTE a comment
over two lines

intro
00:01.000 --> 00:02.500 line:80%
<v.loud Rosa>I was <i>so</i> <00:01.200>afraid &amp; tired.</v>

00:00:03.000 --> 00:00:04.000
<v Rosa>- Twice?</v>
<v Daniel>- Twice.</v>

00:00:05.000 --> 00:00:06.000
Nobody in particular
"""


def test_webvtt_of_others_is_read_with_its_notes_settings_and_tags() -> None:
    found = [(each.speaker, each.text, each.line) for each in read_passages(VTT)]
    assert found == [
        ("Rosa", "I was so afraid & tired.", 11),
        ("Rosa", "Twice?", 14),
        ("Daniel", "Twice.", 15),
        (None, "Nobody in particular", 18),
    ]


def test_names_before_a_colon_are_speakers_only_if_they_are_names() -> None:
    text = "Rosa: It had barley in it.\nRemember: barley.\n\nDANIEL: Yes.\nAnd more.\n- Who?\n"
    assert [(each.speaker, each.text) for each in read_passages(text, ["rosa", "Daniel"])] == [
        ("Rosa", "It had barley in it."),
        ("Rosa", "Remember: barley."),
        ("DANIEL", "Yes."),
        ("DANIEL", "And more."),
        (None, "Who?"),
    ]
    text = "Sam: One.\nAlex: Two.\nSam: Three.\nAlex: Four."
    assert {each.speaker for each in read_passages(text)} == {"Sam", "Alex"}


def test_files_from_windows_with_a_byte_order_mark_are_read() -> None:
    text = "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<i>Hello</i>\r\nRosa: you\r\n"
    assert [(p.speaker, p.text, p.line) for p in read_passages(text, ["Rosa"])] == [
        (None, "Hello", 3),
        ("Rosa", "you", 4),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "1\n00:00:01,000 --> 00:00:02,000\nA\n\nno number\n00:00:03,000 --> 00:00:04,000\nB\n",
            "line 5",
        ),
        ("1\n00:00:01,000 --> soon\nA\n", "line 2"),
        ("WEBVTT\n\n00:05.000 --> 00:04.000\nA\n", "line 3: the caption ends before it starts"),
        ("WEBVTT\n\nid\n\n00:05.000 --> 00:06.000\nA\n", "line 4: must hold two times"),
        ("1\n00:00:01,000 --> 00:00:02,000\nA\n2\n", None),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(text: str, line: str | None) -> None:
    if line is None:
        assert [each.text for each in read_passages(text)] == ["A", "2"]
        return
    with pytest.raises(BadInputError, match=f"film.srt, {line}"):
        read_passages(text, where="film.srt")
