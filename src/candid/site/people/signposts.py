"""Where help is to be found. Few rows; each is to be verified again before a launch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signpost:
    """One service of one country. `number` is as one dials it there."""

    country: str
    service: str
    number: str
    hours: str
    website: str


SIGNPOSTS = (
    Signpost("United Kingdom", "Samaritans", "116 123", "any hour", "https://www.samaritans.org/"),
    Signpost("Ireland", "Samaritans", "116 123", "any hour", "https://www.samaritans.ie/"),
    Signpost(
        "Germany", "TelefonSeelsorge", "0800 111 0 111", "any hour",
        "https://www.telefonseelsorge.de/",
    ),
    Signpost(
        "United States", "988 Suicide & Crisis Lifeline", "988", "any hour",
        "https://988lifeline.org/",
    ),
)  # fmt: skip
