"""Commands about patrol: who is on duty, which rounds are due and how they went, the plan."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.moments import moment
from gateway.cli.output import ConfigOption, JsonOption, out, print_json, print_table
from gateway.clock import utc_now
from gateway.config import Settings, load_settings
from gateway.errors import ConfigError
from gateway.patrol.round import standing
from gateway.shell_actor import shell_actor

if TYPE_CHECKING:
    from gateway.store.patrol import StoredRound


class Sheet(StrEnum):
    """Tables for spreadsheets."""

    CSV = "csv"
    XLSX = "xlsx"


app = typer.Typer(
    help="Look at rota and rounds of the video patrol, and plan them.", no_args_is_help=True
)


@app.callback()
def group() -> None:
    """Look at rota and rounds of the video patrol, and plan them."""


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A plan, YAML (docs/how-to/patrol.md).")],
    config: ConfigOption = None,
) -> None:
    """Have a plan hold from now on; rounds that were due before stay as they were."""
    from gateway.data_directory import open_store
    from gateway.patrol_file import check_cameras, read_plan

    settings = load_settings(config)
    plan = read_plan(file)
    with open_store(settings) as store:
        check_cameras(plan, {one.id for one in store.inventory.cameras()})
        store.patrol.put_plan(plan, shell_actor(), utc_now(), settings.site.zone)
    out.print(f"{len(plan.rota)} shifts, {len(plan.routes)} routes: the plan holds from now on")


@app.command("rota")
def rota(
    days: Annotated[int, typer.Option(min=1, max=60, help="So many days from today.")] = 7,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show who is on duty."""
    from gateway.data_directory import open_store
    from gateway.patrol.rota import duties
    from gateway.patrol_file import plan_of

    settings = load_settings(config)
    zone = settings.site.zone
    with open_store(settings) as store:
        stored = store.patrol.plan()
    if stored is None:
        raise ConfigError("there is no plan yet: gridpatrol patrol import FILE")
    plan, today = plan_of(stored.body), utc_now().astimezone(zone).date()
    found = [
        one for day in range(days) for one in duties(plan.rota, today + timedelta(days=day), zone)
    ]
    if json:
        for one in found:
            print_json(one)
    else:
        rows = (
            (
                f"{one.starts_at.astimezone(zone):%Y-%m-%d %H:%M}",
                f"{one.ends_at.astimezone(zone):%H:%M}",
                one.shift,
                ", ".join(one.people),
            )
            for one in found
        )
        print_table(("from", "to", "shift", "people"), rows)


@app.command("rounds")
def rounds(
    since: Annotated[str | None, typer.Option("--from", help="Such as 2026-05-01.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Before this time.")] = None,
    sheet: Annotated[Sheet | None, typer.Option("--as", help="Write a table instead.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="The table's file.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List rounds and how they went; without times, today's."""
    from gateway.data_directory import open_store

    settings, now = load_settings(config), utc_now()
    first, last = _span(settings, since, until, now)
    with open_store(settings) as store:
        store.patrol.advance(now, settings.site.zone)
        found = store.patrol.rounds(first, last)
    if sheet is not None:
        _write(found, now, sheet, to, settings)
    elif json:
        for one in found:
            print_json(one)
    else:
        columns = ("round", "due", "route", "standing", "stops", "findings", "by", "note")
        print_table(columns, (_row(one, now, settings) for one in found))


@app.command("show")
def show(
    round_id: Annotated[str, typer.Argument(help="The round's id.", metavar="ROUND")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show a round, stop by stop."""
    from gateway.data_directory import open_store

    settings, now = load_settings(config), utc_now()
    with open_store(settings) as store:
        found = store.patrol.get(round_id)
    if json:
        print_json(found)
        return
    due = found.round.due_at.astimezone(settings.site.zone)
    stands = standing(found.round, found.outcome, now)
    out.print(f"{found.round.name}  {due:%Y-%m-%d %H:%M}: {stands} {found.note}", markup=False)
    print_table(
        ("stop", "camera", "colour", "verdict", "by", "sha256", "incident", "note"),
        (_stop_row(found, number) for number in range(len(found.round.stops))),
    )


def _span(
    settings: Settings, since: str | None, until: str | None, now: datetime
) -> tuple[datetime, datetime]:
    zone = settings.site.zone
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    first = moment(since, zone) if since else today
    last = moment(until, zone) if until else max(first, today) + timedelta(days=1)
    if last <= first:
        raise ConfigError(f"--to {until} is not after --from; without it, it is the end of today")
    return first.astimezone(UTC), last.astimezone(UTC)


def _write(
    found: "tuple[StoredRound, ...]",
    now: datetime,
    sheet: Sheet,
    to: Path | None,
    settings: Settings,
) -> None:
    from gateway.patrol_sheet import DOMAIN, to_csv, to_xlsx
    from gateway.sheet_words import SheetWords

    words = SheetWords.load(DOMAIN, settings.site.language, settings.site.zone)
    is_csv = sheet is Sheet.CSV
    content = to_csv(found, now, words).encode() if is_csv else to_xlsx(found, now, words)
    target = to or Path(f"rounds.{sheet}")
    try:
        target.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}") from error
    out.print(str(target), markup=False)


def _row(one: "StoredRound", now: datetime, settings: Settings) -> tuple[object, ...]:
    checkins = [checkin for checkin in one.checkins.values() if checkin.at is not None]
    return (
        one.round.id,
        f"{one.round.due_at.astimezone(settings.site.zone):%Y-%m-%d %H:%M}",
        one.round.name,
        standing(one.round, one.outcome, now),
        f"{len(checkins)}/{len(one.round.stops)}",
        sum(checkin.incident_id is not None for checkin in checkins),
        one.by or None,
        one.note or None,
    )


def _stop_row(found: "StoredRound", number: int) -> tuple[object, ...]:
    stop = found.round.stops[number]
    checkin = found.checkins.get(stop.id)
    if checkin is None or checkin.at is None:
        return (stop.id, stop.camera, stop.colour, None, None, None, None, None)
    sha256 = None if checkin.proof is None else checkin.proof.sha256[:16]
    return (
        stop.id,
        stop.camera,
        stop.colour,
        checkin.verdict,
        checkin.by,
        sha256,
        checkin.incident_id,
        checkin.note or None,
    )
