"""Commands about cameras."""

import dataclasses
from typing import Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.config import load_settings
from gateway.errors import ConfigError

Address = Annotated[
    list[str] | None, typer.Argument(help="Addresses to ask one by one, host or host:port.")
]


def discover(
    addresses: Address = None,
    interface: Annotated[
        str | None, typer.Option(help="Ask on this network interface only, such as eth0.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, max=60, help="How long to listen.")] = 4.0,
    json: JsonOption = False,
) -> None:
    """Find ONVIF cameras: by multicast on the local network, or at the addresses given."""
    from gateway.onvif.discovery import ask
    from gateway.onvif.discovery import discover as listen

    found = ask(addresses) if addresses else listen(seconds, interface)
    if json:
        for one in found:
            print_json(one)
        return
    if not found:
        err.print("No camera answered. Multicast does not cross routers: try its address.")
        return
    print_table(("address", "name", "hardware"), ((c.address, c.name, c.hardware) for c in found))


def probe(
    url: Annotated[str, typer.Argument(help="rtsp://…, onvif://user@host, another URL, a file.")],
    seconds: Annotated[float, typer.Option(min=1, max=60, help="How long to watch.")] = 4.0,
    json: JsonOption = False,
) -> None:
    """Open a stream and say what it is: codec, size, rate, key frames, clock, browser support."""
    from gateway.cli.prompts import ask_password
    from gateway.onboarding import examine

    report = examine(url, ask_password, seconds)
    if json:
        print_json(report)
    else:
        rows = ((f.name, getattr(report, f.name)) for f in dataclasses.fields(report))
        print_table(("what", "found"), rows)


def add_camera(
    source: Annotated[str, typer.Argument(help="rtsp://…, onvif://user@host, a file or folder.")],
    camera_id: Annotated[
        str, typer.Option("--id", help="Short id; by default from the name.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name for people.")] = "",
    channel_code: Annotated[str, typer.Option(help="The grid platform's number.")] = "",
    unit: Annotated[str, typer.Option(help="Village or town.")] = "",
    grid: Annotated[str, typer.Option(help="Grid cell (网格).")] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try a camera and put it into the inventory; running workers take it up at once."""
    from gateway.cli.prompts import ask_password
    from gateway.onboarding import Wish, adopt, look_at
    from gateway.processes import open_store, reload_workers

    settings = load_settings(config)
    found = list(look_at(source, ask_password))
    if len(found) > 1 and (camera_id or name):
        raise ConfigError(f"{source} holds {len(found)} films; --id and --name are for one camera")
    wish = Wish(camera_id, name, channel_code, unit, grid)
    with open_store(settings) as store:
        cameras = [adopt(store, one, wish) for one in found]
    reload_workers(settings)
    for camera in cameras:
        if json:
            print_json(camera)
        else:
            out.print(f"{camera.id}  {camera.name}  {camera.analysis_uri}", markup=False)
