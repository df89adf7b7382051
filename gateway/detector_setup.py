"""The detectors that the settings ask for, and the network for water, opened on this machine."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway.casefile.blur import PersonBlur
from gateway.config import AnalysisSettings
from gateway.model_choice import ModelChoices
from vision.detector import Detector
from vision.ensemble import DetectorSet
from vision.runtime import RuntimeChoice
from vision.tracker import TrackerSettings, two_stage
from vision.types import Kind
from vision.water.network import MODEL_NAME, WaterNetwork
from vision.water.segmenter import WaterSegmenter
from vision.weights import ModelSpec, find_model, load_manifest, shipped_manifest

AUTO = RuntimeChoice()


def known_models(data_dir: Path | None = None) -> dict[str, ModelSpec]:
    """Return the models known by name: those that came with gridpatrol, then the site's own.

    The site's are in `models/manifest.toml` of its data directory; one of the same name takes the
    place of ours. Raises ModelError for a manifest that cannot be used.
    """
    models = load_manifest(shipped_manifest())
    own = data_dir / "models" / "manifest.toml" if data_dir else None
    return models | (load_manifest(own) if own and own.exists() else {})


def model_of(settings: AnalysisSettings, data_dir: Path | None = None) -> ModelSpec:
    """Return the first model named in the settings. Raises ModelError when there is none."""
    return find_model(settings.model, known_models(data_dir))


def models_of(settings: AnalysisSettings, data_dir: Path | None = None) -> tuple[ModelSpec, ...]:
    """Return every model named in the settings, in their order. Raises ModelError."""
    known = known_models(data_dir)
    names = dict.fromkeys((settings.model, *settings.more_models))
    return tuple(find_model(name, known) for name in names)


def open_water_network(data_dir: Path | None = None) -> WaterNetwork | None:
    """Return the network that judges water, None where no manifest has one.

    Raises ModelError, RuntimeUnavailableError.
    """
    spec = known_models(data_dir).get(MODEL_NAME)
    return None if spec is None else WaterNetwork.open(spec)


def open_water_models(
    settings: AnalysisSettings, data_dir: Path | None = None
) -> tuple[WaterSegmenter, ...]:
    """Return the segmentation models that the settings have vote on water, in their order.

    Raises ModelError, also for one that knows no water; RuntimeUnavailableError.
    """
    known = known_models(data_dir)
    names = dict.fromkeys(settings.water_models)
    return tuple(WaterSegmenter.open(find_model(name, known)) for name in names)


def open_water_voters(
    settings: AnalysisSettings, data_dir: Path | None = None
) -> tuple[WaterNetwork | WaterSegmenter, ...]:
    """Return all that vote on water, the network first; raises as those that open them."""
    network = open_water_network(data_dir)
    own = () if network is None else (network,)
    return (*own, *open_water_models(settings, data_dir))


def choice_of(
    settings: AnalysisSettings, spec: ModelSpec | None = None, data_dir: Path | None = None
) -> RuntimeChoice:
    """Return where a model is to run: as the settings say, and left open there, as measured."""
    wanted = RuntimeChoice(settings.backend, settings.device, settings.precision)
    if spec is None or data_dir is None:
        return wanted
    measured = ModelChoices(data_dir).find(spec) if wanted == AUTO else None
    chosen = measured.runtime if measured else wanted
    return replace(chosen, cache_dir=data_dir / "models" / "engines")


def open_detector(
    settings: AnalysisSettings, data_dir: Path | None = None
) -> tuple[Detector, TrackerSettings]:
    """Return the first detector, loaded and warmed up, and the tracker that suits its reports.

    The detector reports unsure objects too; the tracker uses them to keep hold of what it follows.
    Raises ModelError for a model that is missing, altered or unreadable, and
    RuntimeUnavailableError for a runtime or device that is not here.
    """
    return _open(model_of(settings, data_dir), settings, data_dir)


def open_detectors(
    settings: AnalysisSettings, data_dir: Path | None = None
) -> tuple[DetectorSet, TrackerSettings]:
    """Return all detectors of the settings as one set, and the tracker that suits their reports.

    Raises as `open_detector`, and ModelError for a model that finds nothing of its own.
    """
    opened = [_open(spec, settings, data_dir) for spec in models_of(settings, data_dir)]
    detectors = DetectorSet.combine([detector for detector, _ in opened])
    return detectors, TrackerSettings(high_score=_high_scores(detectors, opened))


def open_veil(settings: AnalysisSettings, data_dir: Path | None = None) -> PersonBlur:
    """Return what makes persons in exported pictures unrecognisable; raises as `open_detector`."""
    return PersonBlur(open_detector(settings, data_dir)[0])


def _open(
    spec: ModelSpec, settings: AnalysisSettings, data_dir: Path | None
) -> tuple[Detector, TrackerSettings]:
    eager, tracker = two_stage(spec)
    return Detector.open(eager, choice_of(settings, spec, data_dir)), tracker


def _high_scores(
    detectors: DetectorSet, opened: Sequence[tuple[Detector, TrackerSettings]]
) -> dict[Kind, float]:
    """Return the score that begins a track of each kind, by the model that answers for it."""
    return {
        kind: tracker.high_score[kind]
        for member, (_, tracker) in zip(detectors.members, opened, strict=True)
        for kind in sorted(member.kinds)
    }
