"""What was measured holds for one file on one machine, and for no other."""

import dataclasses
from datetime import UTC, datetime

import pytest

from gateway import model_choice
from gateway.config import AnalysisSettings
from gateway.detector_setup import choice_of
from gateway.errors import StorageError
from gateway.model_choice import MeasuredChoice, ModelChoices, Place, processor_name, this_place
from vision.runtime import RuntimeChoice
from vision.weights import load_manifest, shipped_manifest

SPEC = load_manifest(shipped_manifest())["nanodet-g"]


def measured(**changes):
    values = {
        "model": SPEC.name,
        "sha256": SPEC.sha256,
        "place": this_place(),
        "backend": "onnxruntime",
        "device": "cpu",
        "precision": "f32",
        "batch": 1,
        "frames_per_s": 30.0,
        "cpu_ms": 11.0,
        "recall": None,
        "precision_share": None,
        "measured_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return MeasuredChoice(**(values | changes))


@pytest.fixture
def choices(tmp_path):
    return ModelChoices(tmp_path)


def test_settings_left_open_are_filled_by_what_was_measured(choices, tmp_path):
    choices.keep(measured())
    wanted = choice_of(AnalysisSettings(), SPEC, tmp_path)
    assert wanted == RuntimeChoice("onnxruntime", "cpu", "f32", tmp_path / "models" / "engines")


@pytest.mark.parametrize("said", [{"precision": "bf16"}, {"backend": "openvino"}])
def test_what_the_settings_say_counts_for_more(choices, tmp_path, said):
    choices.keep(measured())
    settings = AnalysisSettings(**said)
    chosen = choice_of(settings, SPEC, tmp_path)
    assert dataclasses.replace(chosen, cache_dir=None) == RuntimeChoice(**said)


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "another file"},
        {"place": Place(processor="another", versions=this_place().versions)},
        {"place": Place(processor=this_place().processor, versions={"openvino": "1.0"})},
    ],
)
def test_a_choice_of_another_file_or_machine_is_passed_over(choices, tmp_path, changes):
    choices.keep(measured(**changes))
    assert choices.find(SPEC) is None
    assert choice_of(AnalysisSettings(), SPEC, tmp_path).backend == "auto"


def test_a_new_choice_takes_the_old_ones_place_and_others_stay(choices):
    other = dataclasses.replace(SPEC, sha256="other")
    choices.keep(measured(sha256="other"))
    choices.keep(measured())
    choices.keep(measured(precision="bf16", backend="openvino"))
    assert choices.find(SPEC).precision == "bf16"
    assert choices.find(other).precision == "f32"


@pytest.mark.parametrize("text", ["", "[]", '{"choices": [{"model": 1}]}', "\x00"])
def test_a_damaged_file_is_as_none(choices, text):
    choices.path.parent.mkdir()
    choices.path.write_text(text, "utf-8")
    assert choices.find(SPEC) is None
    choices.keep(measured())
    assert choices.find(SPEC) == measured()


def test_a_place_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "models").write_text("in the way", "utf-8")
    with pytest.raises(StorageError, match=r"choices\.json cannot be written"):
        ModelChoices(tmp_path).keep(measured())


def test_the_processor_has_a_name_wherever_the_system_tells_it(monkeypatch, tmp_path):
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor\t: 0\nmodel name\t: Loongson-3A5000: 2\nmodel name\t: b\n", "utf-8")
    monkeypatch.setattr(model_choice, "CPU_FACTS", facts)
    assert processor_name() == "Loongson-3A5000: 2"
    monkeypatch.setattr(model_choice, "CPU_FACTS", tmp_path / "none")
    assert isinstance(processor_name(), str)
