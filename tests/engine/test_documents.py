import json

import pytest

from candid.engine.documents import Fields, check_schema, read_document
from candid.engine.errors import BadInputError, NewerSchemaError


def test_a_newer_minor_version_with_unknown_fields_is_read():
    fields = check_schema(
        {"schema": "candid.cut/1.7", "mood": "calm"}, "cut.json", "candid.cut", major=1
    )
    assert fields.where == "cut.json"


def test_a_newer_major_version_is_refused_by_name():
    with pytest.raises(NewerSchemaError, match=r"cut\.json\.schema: is 'candid\.cut/2\.0', newer"):
        check_schema({"schema": "candid.cut/2.0"}, "cut.json", "candid.cut", major=1)


@pytest.mark.parametrize(
    "schema",
    [
        "candid.take/1.0",
        "candid.cut",
        "candid.cut/x.1",
        "cut/1.0",
        "candid.cut/²",
        f"candid.cut/{'1' * 5000}",
    ],
)
def test_another_kind_of_document_is_refused(schema):
    with pytest.raises(BadInputError, match=r"this must be candid\.cut/1\.x"):
        check_schema({"schema": schema}, "cut.json", "candid.cut", major=1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not JSON"),
        (b"[]", "must be a JSON object"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"9" * 9000, "is not JSON"),
        (b'{"schema":' + b"[" * 64 + b"]" * 64 + b"}", "holds more than 64 lists and objects"),
        (None, "is not there"),
    ],
)
def test_a_file_that_is_no_document_is_one_line(tmp_path, content, why):
    path = tmp_path / "cut.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match=why) as raised:
        read_document(path, "candid.cut", major=1)
    assert "\n" not in str(raised.value)


FIELDS = Fields(
    {
        "name": "Rosa",
        "n": 3,
        "x": 1.5,
        "yes": True,
        "list": [{"a": 1}, 2],
        "pairs": [[1, 2], [3]],
        "inf": 1e999,
        "huge": -(10**400),
        "endless": [[1, 10**400]],
    },
    "cut.json",
)


@pytest.mark.parametrize(
    ("read", "line"),
    [
        (lambda: FIELDS.text("gone"), "cut.json.gone: is missing; it must be text"),
        (lambda: FIELDS.text("n"), "cut.json.n: must be text, not 3"),
        (lambda: FIELDS.integer("x"), "cut.json.x: must be a whole number, not 1.5"),
        (lambda: FIELDS.integer("yes"), "cut.json.yes: must be a whole number, not true"),
        (lambda: FIELDS.integer("n", at_least=4), "cut.json.n: is 3, less than 4"),
        (
            lambda: FIELDS.integer("huge"),
            "cut.json.huge: is too large; a whole number lies within 2^53 of 0",
        ),
        (lambda: FIELDS.number("huge"), "cut.json.huge: is -inf, outside -inf to inf"),
        (
            lambda: FIELDS.pairs("endless"),
            "cut.json.endless: must be a list of pairs of finite numbers",
        ),
        (lambda: FIELDS.number("x", at_most=1), "cut.json.x: is 1.5, outside -inf to 1"),
        (lambda: FIELDS.number("inf"), "cut.json.inf: is inf, outside -inf to inf"),
        (
            lambda: FIELDS.one_of("name", ("a", "b")),
            "cut.json.name: is 'Rosa', unknown; known are a, b",
        ),
        (lambda: list(FIELDS.each("list")), "cut.json.list[1]: must be an object"),
        (lambda: FIELDS.pairs("pairs"), "cut.json.pairs: must be a list of pairs of numbers"),
        (lambda: FIELDS.texts("list"), "cut.json.list: must be a list of texts"),
    ],
)
def test_a_bad_field_is_named_with_what_it_must_be(read, line):
    with pytest.raises(BadInputError) as raised:
        read()
    assert str(raised.value) == line


def test_missing_and_null_fields_take_their_default():
    fields = Fields(json.loads('{"title": null}'), "cut.json")
    assert fields.optional_text("title") is None
    assert fields.text("title", "none") == "none"
    assert fields.number("target_s", 240) == 240
