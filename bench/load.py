"""How busy the machine was while something was measured, for figures that hang on it."""

from __future__ import annotations

import os


def load_now() -> float:
    """Return how many processes wanted a core in the last minute, those of this run among them."""
    return os.getloadavg()[0]


def describe_load(loads: list[float]) -> str:
    """Say in a sentence what the load was at several moments of a run."""
    spread = f"{min(loads):.1f} to {max(loads):.1f}"
    return f"Measured at a load of {spread} on {os.cpu_count()} cores, this run's own included."
