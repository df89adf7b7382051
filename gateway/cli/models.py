"""Commands about detection models."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.config import load_settings

if TYPE_CHECKING:
    from gateway.model_trial import Trial
    from vision.types import FrameSize

app = typer.Typer(help="Detection models.", no_args_is_help=True)


ModelOption = Annotated[
    str, typer.Option("--model", help="Name or file; by default the one in the settings.")
]
ImagesOption = Annotated[
    Path | None,
    typer.Option(help="Pictures of your cameras; by default those kept with incidents."),
]


@app.command("list")
def list_models(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the models known by name: those that came with gridpatrol, and the site's own."""
    from gateway.detector_setup import known_models

    specs = known_models(load_settings(config).data_dir).values()
    if json:
        for spec in specs:
            print_json(
                {
                    "name": spec.name,
                    "file": spec.path,
                    "sha256": spec.sha256,
                    "input": [spec.input_size.width, spec.input_size.height],
                    "licence": spec.licence,
                    "classes": [one.label for one in spec.classes],
                }
            )
        return
    rows = (
        (s.name, f"{s.input_size.width}x{s.input_size.height}", s.licence, s.card) for s in specs
    )
    print_table(("name", "input", "licence", "card"), rows)


@app.command("verify")
def verify_models(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Check that the file of every model known by name is whole; exit 16 if one is not."""
    from gateway.detector_setup import known_models
    from vision.weights import verify

    for spec in known_models(load_settings(config).data_dir).values():
        verify(spec)
        if json:
            print_json({"name": spec.name, "sha256": spec.sha256, "whole": True})
        else:
            out.print(f"{spec.name}: {spec.path} is whole ({spec.sha256[:12]}…)")


@app.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(help="An Ultralytics model, such as yolo11n.")],
    directory: Annotated[Path, typer.Option(help="Where the file goes.")] = Path("var/models"),
    json: JsonOption = False,
) -> None:
    """Fetch a model through Ultralytics (needs the Internet and the `ultralytics` extra)."""
    from gateway.model_pull import pull

    path = pull(name, directory)
    err.print(f"{path} is here. To use it, set analysis.model: {path}", markup=False)
    if json:
        print_json({"name": name, "file": path})
    else:
        out.print(str(path), markup=False, soft_wrap=True)


@app.command("eval")
def evaluate(
    images: Annotated[Path, typer.Option(help="Directory of pictures.")],
    labels: Annotated[Path, typer.Option(help="Directory of YOLO-format .txt labels.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure a model on labelled pictures: precision, recall and AP50 of each kind."""
    from gateway.detector_setup import choice_of, model_of
    from gateway.model_eval import evaluate_model

    settings = load_settings(config)
    spec = model_of(settings.analysis, settings.data_dir)
    choice = choice_of(settings.analysis, spec, settings.data_dir)
    report = evaluate_model(spec, choice, images, labels)
    if json:
        print_json(report)
        return
    rows = (
        (kind, *(_ratio(x) for x in (s.precision, s.recall, s.ap50)), s.truths, s.detections)
        for kind, s in report.scores.items()
    )
    print_table(("kind", "precision", "recall", "AP50", "objects", "detections"), rows)


@app.command("benchmark")
def benchmark(
    model: ModelOption = "",
    images: ImagesOption = None,
    seconds: Annotated[float, typer.Option(min=0.5, max=60, help="Work given to each.")] = 3.0,
    keep: Annotated[bool, typer.Option(help="Record the fastest correct way for this machine.")] = (
        True
    ),
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Time every runtime and precision that is here, check them against float32, keep the best."""
    from gateway.detector_setup import known_models
    from gateway.model_choice import ModelChoices
    from gateway.model_trial import as_choice, pictures_in, run_trials
    from vision.weights import find_model, verify

    settings = load_settings(config)
    spec = find_model(model or settings.analysis.model, known_models(settings.data_dir))
    verify(spec)
    result = run_trials(spec, pictures_in(images or settings.evidence_dir), seconds)
    if json:
        print_json({"model": spec.name, "trials": result.trials, "best": result.best})
    else:
        columns = ("input", "runtime", "precision", "batch", "frames/s", "CPU ms", "agreement", "")
        print_table(columns, map(_trial_row, result.trials))
    if result.best is None:
        err.print(f"{spec.name} runs correctly in no way here; nothing is recorded", markup=False)
        raise typer.Exit(1)
    if keep:
        choices = ModelChoices(settings.data_dir)
        choices.keep(as_choice(spec, result.best))
        err.print(f"The fastest correct way is recorded in {choices.path}", markup=False)


@app.command("export")
def export(
    source: Annotated[Path, typer.Argument(help="A .pt of Ultralytics, or an .onnx.")],
    size: Annotated[str, typer.Option(help="Input of a .pt, steps of 32.")] = "640x384",
    end2end: Annotated[bool, typer.Option(help="The head without suppression (YOLO26).")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Convert .pt to .onnx (needs the `ultralytics` extra), or .onnx to OpenVINO in float16."""
    from gateway.model_export import ExportOrder, export_model

    directory = load_settings(config).data_dir / "models"
    made = export_model(ExportOrder(source, directory, _size(size), end2end))
    if json:
        print_json({"source": source, "file": made})
    else:
        out.print(str(made), markup=False, soft_wrap=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is to be called in the settings.")],
    file: Annotated[Path, typer.Argument(help="Any file that gridpatrol runs.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="LABEL=KIND, such as fire=smoke; again for more.")
    ] = None,
    size: Annotated[str, typer.Option(help="Input size, for a file that takes any.")] = "",
    water: Annotated[
        bool, typer.Option("--water", help="A segmentation model that votes on where water is.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give a model of your own a name, and its classes the kinds that rules watch for."""
    from gateway.model_manifest import ModelEntry, add_model
    from vision.detector import Detector
    from vision.water.segmenter import WaterSegmenter

    pairs = dict(_pair(one) for one in kind or ())
    entry = ModelEntry(name, file, str(file), pairs, _size(size) if size else None)
    try_out = WaterSegmenter.open if water else Detector.open
    spec = add_model(load_settings(config).data_dir, entry, try_out)
    if json:
        print_json({"name": spec.name, "sha256": spec.sha256, "kinds": dict(spec.kinds)})
    else:
        setting = "water_models" if water else "more_models"
        err.print(f"To use it, set analysis.{setting}: [{spec.name}]", markup=False)


def _size(text: str) -> "FrameSize":
    """Return WIDTHxHEIGHT as a size; exits with usage when it is none."""
    from vision.types import FrameSize

    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()) or int(width) % 32 or int(height) % 32:
        raise typer.BadParameter(f"{text!r} is not WIDTHxHEIGHT in steps of 32, such as 640x384")
    return FrameSize(int(width), int(height))


def _pair(text: str) -> tuple[str, str]:
    label, equals, kind = text.rpartition("=")
    if not equals or not label:
        raise typer.BadParameter(f"{text!r} is not LABEL=KIND, such as fire=smoke")
    return label, kind


def _trial_row(trial: "Trial") -> tuple[object, ...]:
    way = trial.way
    place = f"{way.backend} {way.device}"
    start = (f"{way.input_size.width}x{way.input_size.height}", place, way.precision, way.batch)
    if trial.fault:
        return (*start, None, None, None, trial.fault)
    agreement = f"{_ratio(trial.recall) or '–'} / {_ratio(trial.precision) or '–'}"
    verdict = "" if trial.is_correct else "not believed"
    return (*start, f"{trial.frames_per_s:.1f}", f"{trial.cpu_ms:.1f}", agreement, verdict)


def _ratio(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
