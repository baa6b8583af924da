"""How a long job tells how far it is: one callable that the caller passes in."""

from typing import Protocol


class Progress(Protocol):
    """Called with a step's name, how much of it is done, and how much there is.

    `done` and `total` share one unit (seconds of media, video frames); `done` rises to
    `total`. Raising from it, such as KeyboardInterrupt, stops the job; what is finished
    stays in the work folder.
    """

    def __call__(self, step: str, done: float, total: float) -> None:
        """Take note of the progress of one step."""


def silent(step: str, done: float, total: float) -> None:
    """Ignore all progress."""
