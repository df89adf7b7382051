"""Commands that make analysed streams cheaper over ONVIF, with consent, and undo it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from gateway.cli.output import ConfigOption, JsonOption, err, print_json, print_table
from gateway.config import Settings, load_settings
from gateway.errors import ConfigError
from gateway.shell_actor import shell_actor

if TYPE_CHECKING:
    from gateway.onvif.encoding import RateMode, Size
    from gateway.stream_tuning import Deed, StreamTuner, TuningOutcome

CameraIds = Annotated[list[str] | None, typer.Argument(help="Ids of cameras known by ONVIF.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every camera it can be done to.")]


def tune(
    camera_ids: CameraIds = None,
    everyone: AllOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask the cameras, show what would be, set nothing.")
    ] = False,
    fps: Annotated[float | None, typer.Option(min=1, max=60, help="Pictures a second.")] = None,
    key_s: Annotated[
        float | None, typer.Option(min=0.2, max=60, help="Seconds between key frames.")
    ] = None,
    kbps: Annotated[
        int | None, typer.Option(min=32, max=50_000, help="Most it may send, kbit/s.")
    ] = None,
    size: Annotated[str, typer.Option(help="Such as 640x360; never larger than it is.")] = "",
    mode: Annotated[str, typer.Option(help="vbr or cbr, where the camera has both.")] = "",
    quality: Annotated[
        float | None, typer.Option(min=0, max=100, help="On the camera's own scale.")
    ] = None,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="Also streams recorded all the time, or without sub stream."),
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Have cameras encode the analysed stream cheaper; what it was is kept. Exit 1 when one fails.

    What is not given: 640x360, 6 pictures a second, a key frame every 2 s, VBR of 160 kbit/s at
    most, and never more than it is now.
    """
    from gateway.onvif.encoding import Tuning

    wish = Tuning(fps, key_s, kbps, _size(size), _mode(mode), quality)

    def deed(tuner: "StreamTuner") -> "Deed":
        done = tuner.preview if dry_run else tuner.tune
        return partial(done, wish=wish, shared=shared)

    _go_through(_meant(camera_ids, everyone=everyone), deed, load_settings(config), as_json=json)


def restore(
    camera_ids: CameraIds = None,
    everyone: AllOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Set tuned streams back exactly as they were (--all: every one). Exit 1 when one fails."""
    ids = _meant(camera_ids, everyone=everyone)
    _go_through(
        ids, lambda tuner: tuner.restore, load_settings(config), as_json=json, tuned=everyone
    )


def tune_added(settings: Settings, camera_ids: Sequence[str], *, as_json: bool) -> None:
    """Tune cameras just taken in; those that cannot be are told, and stay as they are."""
    from gateway.data_directory import open_store
    from gateway.stream_tuning import StreamTuner, outcome_of

    with open_store(settings) as store:
        tuner = StreamTuner(store, shell_actor())
        outcomes = [outcome_of(store.inventory.get(one), tuner.tune) for one in camera_ids]
    print_outcomes(outcomes, as_json=as_json)


def _meant(camera_ids: list[str] | None, *, everyone: bool) -> list[str]:
    """Return the ids given, none for all. Raises ConfigError for neither and for both."""
    if bool(camera_ids) is everyone:
        raise ConfigError("name cameras, or give --all")
    return camera_ids or []


def _size(text: str) -> "Size | None":
    from gateway.onvif.encoding import Size

    try:
        return Size.parse(text) if text else None
    except ValueError as error:
        raise ConfigError(f"--size: {error}") from error


def _mode(text: str) -> "RateMode | None":
    from gateway.onvif.encoding import RateMode

    try:
        return RateMode(text) if text else None
    except ValueError as error:
        raise ConfigError(f"--mode {text!r} is neither vbr nor cbr") from error


def _go_through(
    camera_ids: Sequence[str],
    deed: Callable[["StreamTuner"], "Deed"],
    settings: Settings,
    *,
    as_json: bool,
    tuned: bool = False,
) -> None:
    from gateway.bulk_tuning import BulkTuning, cameras_meant
    from gateway.data_directory import open_store
    from gateway.stream_tuning import StreamTuner

    outcomes: list[TuningOutcome] = []
    with open_store(settings) as store, err.status("") as progress:
        cameras = cameras_meant(store, camera_ids, tuned=tuned)

        def note(outcome: "TuningOutcome") -> None:
            outcomes.append(outcome)
            progress.update(f"{len(outcomes)} of {len(cameras)} cameras")

        BulkTuning(deed(StreamTuner(store, shell_actor())), note).run(cameras)
    print_outcomes(sorted(outcomes, key=lambda one: one.camera_id), as_json=as_json)
    if any(one.code for one in outcomes):
        raise typer.Exit(1)


def print_outcomes(outcomes: Sequence["TuningOutcome"], *, as_json: bool) -> None:
    """Print what became of each camera, and what is saved in all."""
    if as_json:
        for one in outcomes:
            print_json(_as_json(one))
        return
    columns = ("camera", "before", "after", "saved", "outcome")
    print_table(columns, map(_row, outcomes))
    changes = [one.change for one in outcomes if one.change is not None]
    saved = sum(change.saved_kbps for change in changes)
    err.print(f"{len(changes)} of {len(outcomes)} cameras; {saved} kbit/s less in all")


def _row(outcome: "TuningOutcome") -> tuple[object, ...]:
    change = outcome.change
    if change is None:
        return outcome.camera_id, None, None, None, Text(outcome.text, "red")
    saved = f"{change.saved_kbps} kbit/s, {change.saved_ratio:.0%} of the pixels"
    return outcome.camera_id, change.before, change.after, saved, Text("ok", "green")


def _as_json(outcome: "TuningOutcome") -> dict[str, object]:
    change = outcome.change
    return {
        "camera": outcome.camera_id,
        "code": outcome.code,
        "text": outcome.text,
        "before": change and change.before,
        "after": change and change.after,
        "saved_kbps": change and change.saved_kbps,
        "saved_ratio": change and change.saved_ratio,
    }
