"""The detector that the settings ask for, opened on this machine."""

from gateway.config import AnalysisSettings
from vision.detector import Detector
from vision.runtime import RuntimeChoice
from vision.tracker import TrackerSettings, two_stage
from vision.weights import ModelSpec, find_model, load_manifest, shipped_manifest


def model_of(settings: AnalysisSettings) -> ModelSpec:
    """Return the model named in the settings. Raises ModelError when there is none."""
    return find_model(settings.model, load_manifest(shipped_manifest()))


def choice_of(settings: AnalysisSettings) -> RuntimeChoice:
    """Return where the settings want it to run."""
    return RuntimeChoice(settings.backend, settings.device, settings.precision)


def open_detector(settings: AnalysisSettings) -> tuple[Detector, TrackerSettings]:
    """Return the detector, loaded and warmed up, and the tracker that suits what it reports.

    The detector reports unsure objects too; the tracker uses them to keep hold of what it follows.
    Raises ModelError for a model that is missing, altered or unreadable, and
    RuntimeUnavailableError for a runtime or device that is not here.
    """
    spec, tracker = two_stage(model_of(settings))
    return Detector.open(spec, choice_of(settings)), tracker
