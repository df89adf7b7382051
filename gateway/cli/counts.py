"""The command that tells what the counting rules counted."""

import sys
from typing import Annotated

import typer

from gateway.cli.moments import moment
from gateway.cli.output import ConfigOption, JsonOption, err, print_json, print_table
from gateway.clock import utc_now
from gateway.config import load_settings
from gateway.counts.bucket import Bucket
from gateway.errors import ConfigError


def counts(
    camera: Annotated[str, typer.Argument(help="The camera's id.")],
    since: Annotated[
        str | None, typer.Option("--from", help="Such as 2026-05-01; by default today.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="By default the end of today.")] = None,
    bucket: Annotated[Bucket, typer.Option("--by", help="Added up by hour or day.")] = Bucket.HOUR,
    rule: Annotated[str | None, typer.Option(help="One rule; without it, all.")] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="A table for Excel, in the site's language.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell how many passed a camera, by hour or day of the site's calendar."""
    from gateway.counts.buckets import bucketed, span
    from gateway.counts.table import CAMERA, DOMAIN, HEADINGS, count_lines, to_csv
    from gateway.data_directory import open_store
    from gateway.sheet_words import SheetWords
    from gateway.store.counts import CountFilter

    settings = load_settings(config)
    zone, language = settings.site.zone, settings.site.language
    today = span(utc_now(), Bucket.DAY, zone)
    start, end = (
        moment(text, zone) if text else default
        for text, default in zip((since, until), today, strict=True)
    )
    if end <= start:
        raise ConfigError(f"--to {until} is not after --from; without it, it is the end of today")
    with open_store(settings) as store:
        intervals = store.counts.intervals(CountFilter(start, end, camera, rule))
        if not store.counts.knows(camera):
            store.inventory.get(camera)
    counted = bucketed(intervals, bucket, zone)
    if csv:
        sys.stdout.buffer.write(to_csv(counted, SheetWords.load(DOMAIN, language, zone)).encode())
        sys.stdout.buffer.flush()
    elif json:
        for one in counted:
            print_json(one)
    elif counted:
        words = SheetWords(zone, {})
        headings = [heading.lower() for heading in (CAMERA, *HEADINGS)]
        print_table(headings, (line for one in counted for line in count_lines(one, words)))
    else:
        err.print("Nothing was counted in this time. Rules of type count do.")
