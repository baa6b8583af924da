"""The robust linear fit beneath: two levels, one slope, and the steps that are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.steps import Curves, Step

Floats = NDArray[np.float64]

NOISE_FLOOR_S = 0.004
SLOPE_PRIOR = 150e-6
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class StepFit:
    """Curves explained by a slope and sized steps.

    `held` are holes whose size was decided elsewhere. `residual_s` [shape=(n,)] is what
    is left; `flat_s` [same] the curves without slope and holes, so that only delays are
    in it.
    """

    slope: float
    steps: tuple[Step, ...]
    held: tuple[Step, ...]
    residual_s: Floats
    flat_s: Floats

    @property
    def holes(self) -> tuple[Step, ...]:
        """All holes, in order of time."""
        found = [step for step in (*self.steps, *self.held) if step.kind == "both"]
        return tuple(sorted(found, key=lambda step: step.at_s))

    @property
    def scatter_s(self) -> float:
        """Robust spread of the residual, not below the noise of a lag."""
        return scatter(self.residual_s)


def scatter(residual: Floats) -> float:
    """Return the standard deviation by the median's absolute deviation, >= NOISE_FLOOR_S."""
    return max(NOISE_FLOOR_S, 1.4826 * float(np.median(np.abs(residual))))


def fit_steps(curves: Curves, steps: Sequence[Step], held: Sequence[Step] = ()) -> StepFit:
    """Fit slope and sizes of `steps` with Huber's loss, by reweighting; `held` keep theirs.

    Drift is held near zero as firmly as one doubtful point at the end of a recording
    would, which matters only where the recording is short.
    """
    design = _design(curves, steps)
    # A breath of ridge keeps the level of a missing curve at zero instead of undefined.
    ridge = np.full(design.shape[1], 1e-9)
    ridge[2] = (3 * NOISE_FLOOR_S / SLOPE_PRIOR) ** 2
    values = without_holes(curves, curves.values_s, held)
    weights = np.ones(len(design))
    for _ in range(_ROUNDS):
        # einsum stays on one thread; a product this small costs others' time on several.
        weighted = weights[:, None] * design
        normal = np.einsum("ni,nj->ij", weighted, design) + np.diag(ridge)
        solution = np.linalg.solve(normal, np.einsum("ni,n->i", weighted, values))
        residual = values - np.einsum("ni,i->n", design, solution)
        bend = 1.5 * scatter(residual)
        weights = np.minimum(1.0, bend / np.maximum(np.abs(residual), 1e-9))
    sized = [replace(step, size_s=float(s)) for step, s in zip(steps, solution[3:], strict=True)]
    flat = without_holes(curves, values - solution[2] * curves.times_s, sized)
    return StepFit(float(solution[2]), tuple(sized), tuple(held), residual, flat)


def without_holes(curves: Curves, values: Floats, steps: Sequence[Step]) -> Floats:
    """Return `values` [shape=(n,)] at the curves' times without the holes among `steps`."""
    for step in steps:
        if step.kind == "both":
            values = values - step.size_s * (curves.times_s >= step.at_s)
    return values


def _design(curves: Curves, steps: Sequence[Step]) -> Floats:
    """Return the matrix [shape=(n, 3 + len(steps))]: level above, level below, slope, steps."""
    centred = curves.times_s - curves.times_s.mean()
    columns = [curves.is_upper.astype(float), (~curves.is_upper).astype(float), centred]
    columns += [_step_column(curves, step) for step in steps]
    return np.stack(columns, axis=1)


def _step_column(curves: Curves, step: Step) -> Floats:
    after = curves.times_s >= step.at_s
    if step.kind == "both":
        return np.asarray(after, dtype=float)
    return np.asarray(after & (curves.is_upper == (step.kind == "upper")), dtype=float)
