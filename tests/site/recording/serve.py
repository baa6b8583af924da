"""`python -m tests.site.recording.serve ROOT FD`: a receiver that a test may kill."""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from tests.site.recording.material import Studio


def main() -> None:
    listening = socket.socket(fileno=int(sys.argv[2]))
    studio = Studio(Path(sys.argv[1]))
    config = uvicorn.Config(studio.receiver, log_level="warning", lifespan="off", ws="none")
    asyncio.run(uvicorn.Server(config).serve([listening]))


if __name__ == "__main__":
    main()
