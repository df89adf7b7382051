"""Commands about detection models."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.config import load_settings

app = typer.Typer(help="Detection models.", no_args_is_help=True)


@app.command("list")
def list_models(json: JsonOption = False) -> None:
    """List the models that came with gridpatrol."""
    from vision.weights import load_manifest, shipped_manifest

    specs = load_manifest(shipped_manifest()).values()
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
def verify_models(json: JsonOption = False) -> None:
    """Check that every shipped model file is whole; exit 16 if one is not."""
    from vision.weights import load_manifest, shipped_manifest, verify

    for spec in load_manifest(shipped_manifest()).values():
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
    """Measure a model on labelled pictures: precision, recall and AP50 for person and vehicle."""
    from gateway.detector_setup import choice_of, model_of
    from gateway.model_eval import evaluate_model

    settings = load_settings(config).analysis
    report = evaluate_model(model_of(settings), choice_of(settings), images, labels)
    if json:
        print_json(report)
        return
    rows = (
        (kind, *(_ratio(x) for x in (s.precision, s.recall, s.ap50)), s.truths, s.detections)
        for kind, s in report.scores.items()
    )
    print_table(("kind", "precision", "recall", "AP50", "objects", "detections"), rows)


def _ratio(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
