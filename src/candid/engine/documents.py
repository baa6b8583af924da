"""Reading JSON documents with errors that name the file and the field.

A document starts with `schema`: a name, a slash, and `MAJOR.MINOR`, e.g.
`candid.take/1.0`. Unknown fields are ignored; a newer major version is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candid.engine.errors import BadInputError, NewerSchemaError

_REQUIRED: Any = object()
# What every reader of JSON counts exactly; a browser's numbers end here.
LARGEST_WHOLE = 2**53
# Lists and objects within each other; the documents of today have six.
DEEPEST = 64
_MAJOR = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object and where it stands, e.g. `cut.json: shots[3]`.

    The readers raise BadInputError with that place if a field is missing, of another
    kind or out of bounds. With a `default`, a field that is missing or null gives it.
    """

    values: dict[str, Any]
    where: str

    def refuse(self, name: str, what: str) -> BadInputError:
        """Return the error for field `name`, to be raised by the caller."""
        return BadInputError(f"{self.where}.{name}" if name else self.where, what)

    def _get(self, name: str, kinds: tuple[type, ...], word: str, default: Any) -> Any:
        value = self.values.get(name)
        if value is None:
            if default is _REQUIRED:
                raise self.refuse(name, f"is missing; it must be {word}")
            return default
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.refuse(name, f"must be {word}, not {_brief(json.dumps(value))}")
        return value

    def text(self, name: str, default: Any = _REQUIRED) -> str:
        """Read a string."""
        return str(self._get(name, (str,), "text", default))

    def optional_text(self, name: str) -> str | None:
        """Read a string, or None where it is missing."""
        value = self._get(name, (str,), "text", None)
        return None if value is None else str(value)

    def boolean(self, name: str, default: Any = _REQUIRED) -> bool:
        """Read true or false."""
        return bool(self._get(name, (bool,), "true or false", default))

    def number(
        self,
        name: str,
        default: Any = _REQUIRED,
        *,
        at_least: float = -math.inf,
        at_most: float = math.inf,
    ) -> float:
        """Read a finite number within bounds (both inclusive)."""
        value = _as_float(self._get(name, (int, float), "a number", default))
        if not math.isfinite(value) or not at_least <= value <= at_most:
            raise self.refuse(name, f"is {value:g}, outside {at_least:g} to {at_most:g}")
        return value

    def integer(self, name: str, default: Any = _REQUIRED, *, at_least: int | None = None) -> int:
        """Read a whole number, at least `at_least` where given, and no larger than 2^53."""
        value = int(self._get(name, (int,), "a whole number", default))
        if abs(value) > LARGEST_WHOLE:
            raise self.refuse(name, "is too large; a whole number lies within 2^53 of 0")
        if at_least is not None and value < at_least:
            raise self.refuse(name, f"is {value}, less than {at_least}")
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: Any = _REQUIRED) -> str:
        """Read one of a few words."""
        value = self.text(name, default)
        if value not in choices:
            raise self.refuse(
                name, f"is {_brief(repr(value))}, unknown; known are {', '.join(choices)}"
            )
        return value

    def fields(self, name: str, default: Any = _REQUIRED) -> Fields:
        """Read an object."""
        value = self._get(name, (dict,), "an object", default)
        return Fields(value, f"{self.where}.{name}")

    def each(self, name: str, default: Any = _REQUIRED) -> Iterator[Fields]:
        """Read a list of objects, one after another."""
        for at, value in enumerate(self._get(name, (list,), "a list", default)):
            where = f"{self.where}.{name}[{at}]"
            if not isinstance(value, dict):
                raise BadInputError(where, "must be an object")
            yield Fields(value, where)

    def texts(self, name: str, default: Any = _REQUIRED) -> tuple[str, ...]:
        """Read a list of strings."""
        values = self._get(name, (list, tuple), "a list of texts", default)
        if not all(isinstance(value, str) for value in values):
            raise self.refuse(name, "must be a list of texts")
        return tuple(values)

    def pairs(self, name: str, default: Any = _REQUIRED) -> tuple[tuple[float, float], ...]:
        """Read a list of pairs of numbers, e.g. the knots of a clock map."""
        pairs = self._get(name, (list, tuple), "a list of pairs of numbers", default)
        try:
            read = tuple((_as_float(x), _as_float(y)) for x, y in pairs)
        except (TypeError, ValueError) as error:
            raise self.refuse(name, "must be a list of pairs of numbers") from error
        if not all(math.isfinite(x) and math.isfinite(y) for x, y in read):
            raise self.refuse(name, "must be a list of pairs of finite numbers")
        return read


def _brief(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


def _as_float(value: Any) -> float:
    """Return a number as a float; one beyond all floats is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def read_document(path: Path, schema: str, *, major: int) -> Fields:
    """Read a JSON document of the given schema name, at most at version `major`.

    Raises BadInputError if it is missing, unreadable or of another schema, and
    NewerSchemaError if its major version is above `major`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadInputError(path, "is not there") from error
    except OSError as error:
        raise BadInputError(path, f"cannot be read ({error.strerror})") from error
    return parse_document(data, path, schema, major=major)


def parse_document(data: bytes, path: Path, schema: str, *, major: int) -> Fields:
    """Read the bytes of a document; `path` is where they come from. Raises as `read_document`."""
    try:
        values = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadInputError(path, f"is not JSON ({error})") from error
    if _is_deeper(values, DEEPEST):
        raise BadInputError(path, f"holds more than {DEEPEST} lists and objects in each other")
    return check_schema(values, path.name, schema, major=major)


def _is_deeper(values: Any, most: int) -> bool:
    """Tell whether lists and objects lie in each other deeper than so many.

    Whoever writes such a value again, or shows it, could run out of stack.
    """
    level = [values]
    for _ in range(most + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return False
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [each for some in inner for each in some]
    return True


def check_schema(values: Any, where: str, schema: str, *, major: int) -> Fields:
    """Return the document's fields once its `schema` field has been found fit to read."""
    if not isinstance(values, dict):
        raise BadInputError(where, "must be a JSON object")
    fields = Fields(values, where)
    name, _, version = fields.text("schema").partition("/")
    first = version.split(".")[0]
    given = _brief(repr(values["schema"]))
    if name != schema or not _MAJOR.fullmatch(first):
        raise fields.refuse("schema", f"is {given}; this must be {schema}/{major}.x")
    if int(first) > major:
        raise NewerSchemaError(
            f"{where}.schema",
            f"is {given}, newer than {schema}/{major}.x; update Candid to read it",
        )
    return fields
