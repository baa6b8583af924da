"""Keeps personal links, tokens and what mail servers say out of the logs."""

from __future__ import annotations

import logging
import re

_SECRETS = re.compile(
    r"(?:(?<![A-Za-z0-9])([A-Za-z0-9]{16}\.(?:\d+\.\d+\.)?|/enter/)[A-Za-z0-9_-]{43}"
    r"|(/password_reset/confirm/)[A-Za-z0-9_-]+/[A-Za-z0-9-]+)",
    re.ASCII,
)


def mask(text: str) -> str:
    """Return a text with the code of every link, token and sign-in left out."""
    return _SECRETS.sub(r"\1\2...", text)


class Discreet(logging.Formatter):
    """Formats a record, traceback and all, without the codes in it."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the masked line."""
        return mask(super().format(record))


class NoMailServer(logging.Filter):
    """Leaves out what a mail server said to a letter: it may repeat the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line, and of the errors of a network nothing."""
        kind = record.exc_info[0] if record.exc_info else None
        if kind is not None and issubclass(kind, OSError):
            record.exc_info = record.exc_text = None
        return True
