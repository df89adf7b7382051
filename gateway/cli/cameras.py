"""Commands that find cameras, look at them, and take them in."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.cli.output import ConfigOption, JsonOption, err, out, print_json, print_table
from gateway.cli.tuning import tune_added
from gateway.config import OnboardingSettings, load_settings
from gateway.errors import ConfigError

Address = Annotated[
    list[str] | None, typer.Argument(help="Addresses to ask one by one, host or host:port.")
]


def discover(
    addresses: Address = None,
    interface: Annotated[
        list[str] | None, typer.Option(help="Ask on this network interface, such as eth0; repeat.")
    ] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", help="Ask every address of 192.168.1.0/24 or 10.0.0.5-40; repeat."),
    ] = None,
    port: Annotated[
        list[int] | None, typer.Option(min=1, max=65535, help="Ports for --range; repeat.")
    ] = None,
    yes_mine: Annotated[
        bool, typer.Option("--public", help="The public addresses in --range are mine to ask.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, max=60, help="How long to listen.")] = 4.0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Find cameras: by multicast, at the addresses given, or all over ranges of addresses."""
    settings = load_settings(config).onboarding
    if ranges:
        rows = _scanned(ranges, port, settings, is_mine=yes_mine)
    else:
        rows = _discovered(addresses, interface or settings.interfaces, seconds)
    if json:
        for row in rows:
            print_json(row)
    elif rows:
        print_table(tuple(rows[0]), (tuple(row.values()) for row in rows))
    else:
        err.print("No camera answered. Multicast does not cross routers: try --range.")


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
    brand: Annotated[
        str, typer.Option(help="hikvision, dahua, …, any: guess the streams, without ONVIF.")
    ] = "",
    channel: Annotated[int, typer.Option(min=1, help="A recorder's input, with --brand.")] = 1,
    main_profile: Annotated[str, typer.Option(help="ONVIF profile for the main stream.")] = "",
    sub_profile: Annotated[str, typer.Option(help="ONVIF profile for the sub stream.")] = "",
    tune: Annotated[
        bool, typer.Option("--tune", help="Have it encode the analysed stream cheaper (ONVIF).")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try and measure a camera, put it into the inventory; running workers take it up at once."""
    from gateway.cli.prompts import ask_password
    from gateway.data_directory import open_store
    from gateway.onboarding import Approach, Wish, adopt, look_at, measure
    from gateway.worker_orders import reload_workers

    settings = load_settings(config)
    how = Approach(brand, channel, main_profile, sub_profile)
    found = list(look_at(source, ask_password, how))
    if len(found) > 1 and (camera_id or name):
        raise ConfigError(f"{source} holds {len(found)} films; --id and --name are for one camera")
    surveys = [measure(one) for one in found]
    wish = Wish(camera_id, name, channel_code, unit, grid)
    with open_store(settings) as store:
        cameras = [
            adopt(store, one, wish, survey) for one, survey in zip(found, surveys, strict=True)
        ]
    reload_workers(settings)
    for camera in cameras:
        if json:
            print_json(camera)
        else:
            out.print(f"{camera.id}  {camera.name}  {camera.analysis_uri}", markup=False)
    if tune:
        tune_added(settings, [camera.id for camera in cameras], as_json=json)


def _discovered(
    addresses: list[str] | None, interfaces: Sequence[str], seconds: float
) -> list[dict[str, str]]:
    from gateway.onvif.discovery import ask
    from gateway.onvif.discovery import discover as listen

    found = ask(addresses) if addresses else listen(seconds, interfaces)
    return [
        {"address": one.address, "protocol": "onvif", "name": one.name, "hardware": one.hardware}
        for one in found
    ]


def _scanned(
    ranges: list[str], ports: list[int] | None, settings: OnboardingSettings, *, is_mine: bool
) -> list[dict[str, str]]:
    from gateway.address_range import hosts_in, parse_range
    from gateway.network_scan import Answering, Pace, Scan

    hosts = hosts_in(map(parse_range, ranges), most=settings.max_hosts, allow_public=is_mine)
    found: list[Answering] = []
    progress = err.status("")

    def advance(done: int, total: int) -> None:
        progress.update(f"{done} of {total} addresses, {len(found)} answers")

    with progress:
        pace = Pace(per_s=settings.connections_per_s)
        Scan(hosts, ports or settings.ports, found.append, advance, pace).run()
    return [
        {"address": one.address, "protocol": one.protocol, "name": "", "hardware": one.server}
        for one in found
    ]
