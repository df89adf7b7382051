"""Commands about rain feeds: how they fare, and whether one is understood."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, print_json, print_table
from gateway.clock import utc_now
from gateway.config import Settings, load_settings
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from gateway.rain_feed.poller import Feed

app = typer.Typer(help="Rain as weather services and gauges tell it.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look after the weather services and rain gauges of rain.feeds."""


@app.command()
def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Tell how each feed fares and what each gauge measured last; `water rain` tells what holds."""
    from gateway.data_directory import open_store

    settings = load_settings(config)
    now = utc_now()
    with open_store(settings) as store:
        states = {state.name: state for state in store.rain_readings.feeds()}
        recent = store.rain_readings.between(now - timedelta(days=1), now + timedelta(days=1))
    newest = {(one.feed, one.gauge): one for one in recent}
    if json:
        for state in states.values():
            gauges = [one for one in newest.values() if one.feed == state.name]
            print_json({"feed": state, "newest": gauges})
        return
    zone = settings.site.zone
    rows = []
    for name, feed in sorted(settings.rain.feeds.items()):
        known = states.get(name)
        latest = max((one.at for one in newest.values() if one.feed == name), default=None)
        is_stale = latest is None or now - latest >= timedelta(seconds=feed.stale_s)
        heard = known and known.heard_at and f"{known.heard_at.astimezone(zone):%m-%d %H:%M:%S}"
        detail = known.detail if known else "never asked: gridpatrol run or serve asks"
        failures = known.failures if known else 0
        rows.append((name, heard, "STALE" if is_stale else "fresh", failures, detail or None))
    print_table(("feed", "understood", "data", "failures", "detail"), rows)
    if newest:
        columns = ("feed", "gauge", "measured", "mm/h")
        lines = (
            (one.feed, one.gauge, f"{one.at.astimezone(zone):%m-%d %H:%M}", f"{one.mm_per_h:g}")
            for one in newest.values()
        )
        print_table(columns, lines)


@app.command("test")
def try_feed(
    feed: Annotated[str, typer.Argument(help="Its name in rain.feeds.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask a feed once and show what is understood of its answer; nothing is kept."""
    settings = load_settings(config)
    heard = asyncio.run(_feed(settings, feed).listen(utc_now()))
    if json:
        print_json(heard)
        return
    zone = settings.site.zone
    rows = (
        (one.gauge, f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", f"{one.mm_per_h:g}")
        for one in heard.readings
    )
    print_table(("gauge", "measured", "mm/h"), rows)
    for mistake in heard.mistakes:
        err.print(f"not understood: {mistake}", markup=False)


def _feed(settings: Settings, name: str) -> "Feed":
    from gateway.rain_feed.poller import rain_feeds

    known = {feed.name: feed for feed in rain_feeds(settings)}
    if name not in known:
        names = ", ".join(known) or "none"
        raise ConfigError(f"there is no rain feed {name!r}; rain.feeds has {names}")
    return known[name]
