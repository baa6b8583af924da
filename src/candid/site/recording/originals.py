"""Originals for the desk: a take folder as one ZIP file, made while it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from zipstream import ZipStream

from candid.site.recording.shelf import ShelvedFile


class Package:
    """A take folder as a ZIP file without compression, of which only a block is ever in memory.

    Its length is known beforehand, so that whoever receives less of it can tell. Where a file
    goes meanwhile, for something was struck, it breaks off.
    """

    def __init__(self, take_id: str, files: Iterable[ShelvedFile]) -> None:
        self._zip = ZipStream(sized=True)
        for file in files:
            name = f"{take_id}/{file.name}"
            self._zip.add(file.blocks(), name, size=file.n_bytes)

    def __len__(self) -> int:
        return len(self._zip)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        blocks: Iterator[bytes] = iter(self._zip)
        step = sync_to_async(_next_block, thread_sensitive=False)
        while (block := await step(blocks)) is not None:
            yield block


def _next_block(blocks: Iterator[bytes]) -> bytes | None:
    return next(blocks, None)
