"""How long the studio takes from its start to its first page.

`python -m bench.start [--quick]` prints a Markdown table. Each round starts `candid serve` with a
home of its own: one that set-up has prepared, the same one again, and an empty one.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser.studio import prepare, started


def first_page_s(home: Path) -> float:
    """Return the seconds from the start to the whole of the first personal page."""
    begun_s = time.monotonic()
    with started(home) as studio:
        connection = HTTPConnection(studio.place.address, studio.port)
        # The link leads on to the first page, the agreement.
        connection.request("GET", f"{urlsplit(studio.links['Rosa']).path}agreement/")
        answer = connection.getresponse()
        assert answer.status == HTTPStatus.OK
        assert answer.read()
        return time.monotonic() - begun_s


def measure() -> tuple[float, float, float]:
    """Return the seconds of a prepared home, of its second start, and of an empty home."""
    with tempfile.TemporaryDirectory() as prepared, tempfile.TemporaryDirectory() as empty:
        home = Path(prepared)
        prepare(home)
        return first_page_s(home), first_page_s(home), first_page_s(Path(empty))


def main() -> None:
    """Print the rows as a Markdown table."""
    n_rounds = 1 if "--quick" in sys.argv else 5
    rounds = [measure() for _ in range(n_rounds)]
    names = ("first start after set-up", "every later start", "start without set-up")
    bars = ("<= 5 s", "<= 5 s", "")
    print(f"| start to first page, median of {n_rounds} | bar | measured |\n| --- | --- | --- |")
    for name, bar, taken_s in zip(names, bars, zip(*rounds, strict=True), strict=True):
        spread = f"{min(taken_s):.1f} to {max(taken_s):.1f}"
        print(f"| {name} | {bar} | {statistics.median(taken_s):.1f} s ({spread}) |")


if __name__ == "__main__":
    main()
