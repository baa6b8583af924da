"""The errors of the engine: one root, one class a situation, facts as attributes.

Every message is one line: what is wrong, where, and what to do.
"""

from pathlib import Path


class CandidError(Exception):
    """The root of all errors that Candid raises on purpose."""


class BadInputError(CandidError, ValueError):
    """An input cannot be used; `where` names the file, take or field."""

    def __init__(self, where: str | Path, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = str(where)
        self.what = what


class NotMediaError(BadInputError):
    """A file holds no sound or picture that can be decoded."""


class MissingTrackError(BadInputError):
    """A take lacks a track that this step needs, e.g. it has no sound."""


class NewerSchemaError(BadInputError):
    """A document was written by a newer major version of its format."""


class UnalignableError(CandidError, ValueError):
    """Two takes have nothing in common; `tried` lists the evidence that was looked at."""

    def __init__(self, what: str, tried: tuple[str, ...]) -> None:
        super().__init__(f"{what} (tried: {', '.join(tried) or 'nothing was there to try'})")
        self.tried = tried


class ModelMissingError(CandidError, FileNotFoundError):
    """No weights for the speech model were found; `searched` lists the places."""

    def __init__(self, what: str, searched: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.searched = searched

    def __str__(self) -> str:
        """Return the one line, without the errno form of the built-in parent."""
        return str(self.args[0])


class OutputError(CandidError, OSError):
    """The output cannot be written: a full disk, a folder that is not writable."""

    def __init__(self, where: str | Path, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = str(where)
        self.what = what
