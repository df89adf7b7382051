"""Commands about what a grid platform said."""

from typing import Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json
from gateway.clock import to_iso
from gateway.config import load_settings

Number = Annotated[int, typer.Argument(min=1, help="Number of the parked message.")]


def statuses(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the messages of a grid platform that nothing could be made of."""
    from gateway.data_directory import open_store

    with open_store(load_settings(config)) as store:
        found = store.statuses.parked()
    for one in found:
        if json:
            print_json(one)
            continue
        times = f"  {one.times} times" if one.times > 1 else ""
        line = f"{one.id:>6}  {to_iso(one.parked_at)}  {one.way:<8}{one.code}: {one.detail}{times}"
        out.print(line, markup=False, soft_wrap=True)


def hear(
    number: Number,
    config: ConfigOption = None,
    drop: Annotated[bool, typer.Option("--drop", help="Forget it instead.")] = False,
) -> None:
    """Try a parked message of a grid platform once more, such as after its case has come."""
    from gateway.data_directory import open_store
    from gateway.dispatch.status_desk import StatusDesk

    settings = load_settings(config)
    with open_store(settings) as store:
        if drop:
            store.statuses.drop(number)
            return
        heard = StatusDesk(store, settings.site.id).hear_again(number)
    if heard is not None:
        err.print(f"{heard.case.id}: {heard.verdict}, {heard.case.step}", markup=False)
