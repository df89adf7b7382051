"""Commands about what a case proves: checking it, handing it on, and keeping it from deletion."""

import contextlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.clock import utc_now
from gateway.config import load_settings
from gateway.errors import ConfigError, TamperedError
from gateway.shell_actor import shell_actor

if TYPE_CHECKING:
    from collections.abc import Iterable

CaseId = Annotated[str, typer.Argument(help="The incident's id.", metavar="ID")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Who asked for it, and what for.")]


def verify(case_id: CaseId, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Compare a closed case with what was sealed; exit 31 when anything was changed or lost."""
    from gateway.casefile.check import check_case
    from gateway.data_directory import open_store

    settings = load_settings(config)
    with open_store(settings) as store:
        found = check_case(store, settings.data_dir, case_id)
    if json:
        print_json(found)
    else:
        print_table(("file", "state"), ((one.path, one.state) for one in found.files))
        for fault in found.faults:
            out.print(f"not as it was sealed: {fault}", markup=False)
    if not found.is_sound:
        raise TamperedError(f"case {case_id} is not what was sealed")
    err.print(f"Case {case_id} is as it was sealed at {found.sealed_at}.", markup=False)


def export(
    case_id: CaseId,
    to: Annotated[Path, typer.Option("--to", help="The .zip file to write.")],
    blur_persons: Annotated[
        bool,
        typer.Option("--blur-persons", help="Nobody is to be recognised; leaves clips out."),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write a case as an archive that can be read and proved without this program."""
    from gateway.casefile.bundle import ExportWish, export_case
    from gateway.data_directory import open_store
    from gateway.detector_setup import open_veil

    settings = load_settings(config)
    wish = ExportWish(
        case_id=case_id,
        by=shell_actor(),
        at=utc_now(),
        site=settings.site.name,
        zone=settings.site.zone,
        version=version("gridpatrol"),
        veil=open_veil(settings.analysis, settings.data_dir) if blur_persons else None,
    )
    with open_store(settings) as store:
        _keep(to, export_case(store, settings.data_dir, wish))
    err.print(f"{to}: how to check it is in VERIFY.md (验证说明.md) inside.", markup=False)


def hold(case_id: CaseId, reason: ReasonOption, config: ConfigOption = None) -> None:
    """Keep evidence and recordings of a case, whatever is due, until it is released."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        store.holds.place(case_id, reason, utc_now())


def release(case_id: CaseId, reason: ReasonOption = "", config: ConfigOption = None) -> None:
    """End the hold on a case: what is due goes with the next round."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        store.holds.release(case_id, reason, utc_now())


def holds(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the cases that are held, with who asked for it and why."""
    from gateway.data_directory import open_store

    settings = load_settings(config)
    with open_store(settings) as store:
        found = store.holds.all()
    if json:
        for one in found:
            print_json(one)
        return
    zone = settings.site.zone
    rows = ((x.incident_id, f"{x.at.astimezone(zone):%Y-%m-%d}", x.by, x.reason) for x in found)
    print_table(("case", "since", "by", "reason"), rows)


def _keep(to: Path, chunks: "Iterable[bytes]") -> None:
    """Write a file whole or not at all; raises ConfigError for a place that cannot be written."""
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(chunks)
        part.replace(to)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ConfigError(f"{to} cannot be written: {error.strerror}") from error
