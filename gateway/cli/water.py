"""Commands about water on the road: where it is watched, what is only wet, rain, eval, training."""

import json as json_library
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.clock import utc_now
from gateway.config import Settings, load_settings
from gateway.errors import ConfigError, StorageError
from vision.water.types import PlaceType, RainState

if TYPE_CHECKING:
    from gateway.water.evaluation import JudgedPair, PairFiles, PairJudge, PairVerdict
    from gateway.water_file import WaterPoint
    from vision.water.reference import Reference

CameraId = Annotated[str, typer.Argument(help="A camera's id.")]
"""Training twice on the same pictures gives the same eye."""

WHITE = 255

app = typer.Typer(help="Water on the road.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Watch for water on the road, and prove how well that works."""


@app.command()
def setup(
    camera_id: CameraId,
    file: Annotated[
        Path | None, typer.Option("--set", help="Use this YAML file (configs/water-example.yaml).")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Watch no water there any more.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show where water is watched at a camera, or set it; running workers are told at once."""
    from gateway.data_directory import open_store
    from gateway.water_file import load_water, water_to_json
    from gateway.worker_orders import reload_workers

    settings = load_settings(config)
    if file is not None and off:
        raise ConfigError("give --set or --off, not both")
    kept = water_to_json(load_water(file)) if file else ""
    with open_store(settings) as store:
        camera = store.inventory.get(camera_id)
        if file is not None or off:
            store.inventory.replace(replace(camera, water=kept))
        elif camera.water:
            out.file.write(_yaml(camera.water))
        else:
            err.print(f"camera {camera_id} watches no water; --set FILE begins")
    if file is not None or off:
        reload_workers(settings)


@app.command("only-wet")
def only_wet(camera_id: CameraId, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Have what a camera sees now count as only wet; its worker must be running."""
    from gateway.worker_orders import say_only_wet

    reference = say_only_wet(load_settings(config), camera_id)
    if json:
        print_json(reference)
    else:
        out.print(f"{camera_id} knows the state {reference.id} now", markup=False)


@app.command()
def rain(
    state: Annotated[RainState | None, typer.Argument(help="rain, dry or unknown.")] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=168, help="For how long.")] = 6.0,
    unit: Annotated[str, typer.Option(help="Village or town; the whole site without.")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say that it rains or is dry, or show what is known of rain."""
    from gateway.data_directory import open_store
    from gateway.store.rain import RainSpell

    now = utc_now()
    with open_store(load_settings(config)) as store:
        if state is not None:
            store.rain.add(RainSpell(unit, state, now, now + timedelta(hours=hours)))
        spells = sorted(store.rain.at(now).values(), key=lambda spell: spell.unit)
    if json:
        for spell in spells:
            print_json(spell)
    else:
        rows = ((one.unit or "–", one.state.value, one.until, one.source) for one in spells)
        print_table(("unit", "rain", "until", "source"), rows)


@app.command("eval")
def evaluate(
    reference: Annotated[Path | None, typer.Option(help="The place without water.")] = None,
    image: Annotated[Path | None, typer.Option(help="The picture to be judged.")] = None,
    mask: Annotated[Path | None, typer.Option(help="White where there really is water.")] = None,
    ignore: Annotated[Path | None, typer.Option(help="White where nothing counts.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Many: see docs/how-to/waterlogging.md for its layout.")
    ] = None,
    zone: Annotated[str, typer.Option(help="The ground: `x,y x,y x,y …`, 0-1.")] = "",
    place: Annotated[PlaceType, typer.Option(help="Whose lines count.")] = PlaceType.ROAD,
    draw: Annotated[
        Path | None, typer.Option(help="Write pictures with the water, and its masks, here.")
    ] = None,
    network: Annotated[
        bool, typer.Option(help="Ask the networks for water, vehicles and persons as well.")
    ] = True,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Hold pictures of one camera against each other: where is water, and how true is that."""
    from gateway.detector_setup import open_detector, open_water_voters
    from gateway.water.bystanders import Bystanders
    from gateway.water.evaluation import PairFiles, PairJudge, pairs_in, zone_setup
    from vision.water.votes import as_one

    settings = load_settings(config)
    if folder is not None:
        pairs: Sequence[PairFiles] = tuple(pairs_in(folder))
    elif reference is not None and image is not None:
        pairs = (PairFiles(image.name, reference, image, mask, ignore),)
    else:
        raise ConfigError("give --reference and --image, or --folder")
    ground = zone_setup(zone, place) if zone else None
    judge = PairJudge(ground, None)
    if network:
        detector, tracker = open_detector(settings.analysis, settings.data_dir)
        bystanders = Bystanders(detector, tracker.high_score)
        judge = PairJudge(
            ground, as_one(open_water_voters(settings.analysis, settings.data_dir)), bystanders
        )
    verdicts: list[PairVerdict] = []
    for pair in pairs:
        judged = judge.judge(pair) if folder is None else _judged_or_told(judge, pair)
        if judged is None:
            continue
        verdicts.append(judged.verdict)
        if json:
            print_json(judged.verdict)
        if draw is not None:
            name = pair.name.replace("/", "-")
            _write_picture(draw / f"{name}.jpg", judged.drawn)
            _write_picture(draw / f"{name}.water.png", judged.water * WHITE)
    if not json:
        _print_verdicts(verdicts)
    if folder is not None:
        _sum_up(verdicts, failed=len(pairs) - len(verdicts), as_json=json)


@app.command()
def bank(
    camera_id: CameraId,
    sheet: Annotated[Path | None, typer.Option(help="Write a sheet of all states here.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the states of its place that a camera has learnt."""
    from gateway.water.sheet import reference_sheet

    references = _references_of(load_settings(config), camera_id)
    if sheet is not None:
        _write_picture(sheet, reference_sheet(references))
    columns = ("id", "kind", "infrared", "looks", "taught", "made_at", "seen_at")
    if json:
        for one in references:
            print_json({name: getattr(one, name) for name in columns})
    else:
        print_table(columns, ([getattr(one, name) for name in columns] for one in references))


@app.command()
def train(
    camera_id: Annotated[str | None, typer.Argument(help="A camera that has learnt its place.")] = (
        None
    ),
    references: Annotated[
        Path | None, typer.Option(help="A folder of dry and wet pictures, in its place.")
    ] = None,
    zone: Annotated[str, typer.Option(help="With --references: the ground.")] = "",
    output: Annotated[Path | None, typer.Option("--out", help="With --references.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Teach the network one place on its own pictures; kept only where that makes it better."""
    from gateway.detector_setup import open_water_network
    from gateway.water.bank_files import BankFiles
    from gateway.water.evaluation import whole_ground, zone_setup
    from gateway.water.teaching import pictures_in, teach, teach_camera

    settings = load_settings(config)
    network = open_water_network(settings.data_dir)
    if network is None:
        raise ConfigError("there is no network for water here; `models list` shows what there is")
    if camera_id is not None:
        point = _point(settings, camera_id)
        files = BankFiles(settings.data_dir, camera_id)
        taught = teach_camera(network, _references_of(settings, camera_id), point.setup, files)
    elif references is not None and output is not None:
        ground = zone_setup(zone, PlaceType.ROAD) if zone else whole_ground()
        taught = teach(network, pictures_in(references), ground)
        if taught.is_better:
            _write(output, taught.data)
    else:
        raise ConfigError("give a camera, or --references DIR and --out FILE")
    _print_training(taught.is_better, asdict(taught.before), asdict(taught.after), as_json=json)


def _print_training(
    kept: bool, before: dict[str, float], after: dict[str, float], *, as_json: bool
) -> None:
    if as_json:
        print_json({"kept": kept, "before": before, "after": after})
        return
    print_table(("figure", "before", "after"), ((n, before[n], after[n]) for n in before))
    out.print(
        "kept: the camera looks with it from its next look on" if kept else "not kept: no better"
    )


def _judged_or_told(judge: "PairJudge", pair: "PairFiles") -> "JudgedPair | None":
    """Judge one pair of many, or say why it cannot be."""
    try:
        return judge.judge(pair)
    except ConfigError as error:
        err.print(f"{pair.name}: not judged: {error}", markup=False)
        return None


def _sum_up(verdicts: Sequence["PairVerdict"], *, failed: int, as_json: bool) -> None:
    """Print what many come to; leaves with 1 where some could not be judged."""
    from gateway.water.evaluation import Summary

    summary = Summary.of(verdicts, failed)
    if as_json:
        print_json(summary)
    else:
        figures = asdict(summary)
        print_table(tuple(figures), [tuple(figures.values())])
    if failed:
        raise typer.Exit(1)


def _print_verdicts(verdicts: Sequence["PairVerdict"]) -> None:
    rows = (
        (
            one.name,
            one.unseen.value if one.unseen else "seen",
            one.state,
            f"{one.mask_ratio:.0%}",
            None if one.truth_ratio is None else f"{one.truth_ratio:.0%}",
            one.against_truth.iou if one.against_truth else None,
            one.floor.iou if one.floor else None,
            one.basis,
        )
        for one in verdicts
    )
    columns = ("picture", "sight", "state", "water", "truth", "IoU", "floor IoU", "basis")
    print_table(columns, rows)


def _references_of(settings: Settings, camera_id: str) -> "tuple[Reference, ...]":
    """Return what a camera has learnt. Raises NotFoundError, ConfigError."""
    from gateway.water.bank_files import BankFiles

    _point(settings, camera_id)
    bank = BankFiles(settings.data_dir, camera_id).load(utc_now()).bank
    if bank is None:
        raise ConfigError(f"camera {camera_id} has learnt nothing of its place yet")
    return bank.references


def _point(settings: Settings, camera_id: str) -> "WaterPoint":
    from gateway.data_directory import open_store
    from gateway.water_file import point_of

    with open_store(settings) as store:
        point = point_of(store.inventory.get(camera_id).water)
    if point is None:
        raise ConfigError(f"camera {camera_id} watches no water; `water setup` begins")
    return point


def _yaml(text: str) -> str:
    import io

    from ruamel.yaml import YAML

    stream = io.StringIO()
    YAML().dump(json_library.loads(text), stream)
    return stream.getvalue()


def _write_picture(path: Path, picture: object) -> None:
    import cv2
    import numpy as np

    coded, data = cv2.imencode(path.suffix or ".jpg", np.asarray(picture, np.uint8))
    if not coded:
        raise ConfigError(f"{path}: give a name that ends in .jpg or .png")
    _write(path, data.tobytes())


def _write(path: Path, data: bytes) -> None:
    from gateway.whole_file import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
