"""What a browser says to the studio, read: what is none of the contract's is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass

from candid.site.call.limits import LONGEST_ID
from candid.site.call.rooms import Message
from candid.site.call.striking import LONGEST_AGO_S, LONGEST_S


class MessageError(ValueError):
    """A message is not one of the contract's."""


@dataclass(frozen=True, slots=True)
class Strike:
    """The last `seconds`, which ended `ago` seconds before it was said."""

    seconds: int
    ago: float
    id: str | None

    def end_us(self, received_us: int) -> int:
        """Return when it ended, by the clock on which it was received."""
        return received_us - round(self.ago * 1e6)


def read_message(text: str | bytes | None) -> Message:
    """Return a message by its JSON. Raises MessageError."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise MessageError("not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise MessageError("no type")
    return message


def read_strike(message: Message) -> Strike:
    """Return the stretch that a message takes back. Raises MessageError."""
    seconds = whole_number(message, "seconds")
    ago = _number(message, "ago") if "ago" in message else 0.0
    if not 0 < seconds <= LONGEST_S or not 0 <= ago <= LONGEST_AGO_S:
        raise MessageError("a stretch of up to six hours can be struck, for a year")
    return Strike(seconds, ago, _read_id(message))


def whole_number(message: Message, name: str) -> int:
    """Return a number of a message, cut to a whole one. Raises MessageError."""
    return int(_number(message, name))


def _number(message: Message, name: str) -> float:
    value = message.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= 2**53:
        raise MessageError(f"{name} is a number")
    return value


def _read_id(message: Message) -> str | None:
    value = message.get("id")
    if not isinstance(value, str):
        return None
    if len(value) > LONGEST_ID:
        raise MessageError("an id of at most 64 letters")
    return value
