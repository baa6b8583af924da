"""`python -m tests.site.recording.serve ROOT FD [BUCKET]`: a receiver that a test may kill."""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from candid.site.recording.bucket_store import open_bucket
from tests.site.recording.material import Studio


def main() -> None:
    listening = socket.socket(fileno=int(sys.argv[2]))
    studio = Studio(Path(sys.argv[1]))
    if len(sys.argv) > 3:
        studio.open_store = lambda local: open_bucket(sys.argv[3], local, may_be_plain=True)
        studio.restarted()
    config = uvicorn.Config(studio.receiver, log_level="warning", lifespan="off", ws="none")
    asyncio.run(uvicorn.Server(config).serve([listening]))


if __name__ == "__main__":
    main()
