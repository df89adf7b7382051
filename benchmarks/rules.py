"""Incidents in what troubles cameras: those that should be, and no others.

Each row is one scene, told whether it is made of pictures (real footage with weather and dirt over
it, through the real detector) or of boxes (scripted detections). Its value is how far the number of
incidents is from the one expected, summed over the rates tried; nought is right.
"""

from benchmarks import rule_pictures, rule_scripts
from benchmarks.report import Figure, Outcome
from vision.detector import Detector
from vision.tracker import two_stage
from vision.types import Incident
from vision.weights import find_model, load_manifest, shipped_manifest

RIGHT = "<= 0"
QUICK_S = 30.0
QUICK_RATES = (2.0,)


def run(*, quick: bool) -> Outcome:
    """Play every scene; quick: pictures for half a minute, boxes at one rate."""
    spec, tracker = two_stage(find_model("nanodet-g", load_manifest(shipped_manifest())))
    detector = Detector.open(spec)
    figures: list[Figure] = []
    notes: list[str] = []
    for pictured in rule_pictures.PICTURED:
        found, changing = rule_pictures.incidents(
            pictured, detector, tracker, QUICK_S if quick else pictured.length_s
        )
        name = f"pictures: {pictured.name}"
        figures.append(_figure(name, abs(len(found) - pictured.expected), pictured.expected))
        if found or changing:
            notes.append(f"{name}: {_told(found)}; light changing at {changing} looks")
    for scripted in rule_scripts.SCRIPTS:
        rates = QUICK_RATES if quick else scripted.rates
        counts = {rate: len(rule_scripts.incidents(scripted, rate)) for rate in rates}
        wrong = sum(abs(count - scripted.expected) for count in counts.values())
        name = f"boxes: {scripted.name}"
        figures.append(_figure(name, wrong, scripted.expected))
        if wrong:
            told = ", ".join(f"{count} at {rate:g}/s" for rate, count in counts.items())
            notes.append(f"{name}: {told}")
    return Outcome(tuple(figures), (_how(detector), *notes))


def _figure(name: str, wrong: int, expected: int) -> Figure:
    return Figure(name, wrong, f"wrong, of {expected}", RIGHT)


def _told(found: list[Incident]) -> str:
    kinds = sorted(f"{one.rule} ({one.kind})" for one in found)
    return ", ".join(kinds) or "none"


def _how(detector: Detector) -> str:
    size = detector.input_size
    rates = ", ".join(f"{rate:g}" for rate in rule_scripts.SCRIPTS[0].rates)
    return (
        f"pictures: vtest.avi, {rule_pictures.LOOKS_PER_S} looks a second, {detector.spec.name} "
        f"{size.width}x{size.height} {detector.runtime.precision}; boxes: {rates} looks a second "
        "unless the scene is too short-lived for the slowest"
    )
