"""How the cameras and the machine fare now, as the workers last reported."""

from typing import TYPE_CHECKING

from gateway.cli.output import ConfigOption, JsonOption, out, print_json, print_table
from gateway.config import load_settings

if TYPE_CHECKING:
    from gateway.api.system import LoadBody
    from gateway.store.camera_states import CameraState

COLUMNS = ("camera", "state", "seen every", "searched every", "decoded", "interest", "why")


def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say how busy the machine is, how often each camera is looked at and why it is awake."""
    from gateway.api.cameras import SILENT_AFTER, state_to_show
    from gateway.api.system import load_of
    from gateway.clock import utc_now
    from gateway.data_directory import open_store

    now = utc_now()
    with open_store(load_settings(config)) as store:
        load = load_of(store.loads.after(now - SILENT_AFTER))
        reported = store.camera_states.by_camera()
        states = [state_to_show(c, reported.get(c.id), now) for c in store.inventory.cameras()]
    if json:
        for state in states:
            print_json(state)
        print_json({"load": None if load is None else load.model_dump(mode="json")})
        return
    print_table(COLUMNS, map(_row, states))
    out.print(_sentence(load), markup=False)


def _row(state: "CameraState") -> tuple[object, ...]:
    looks = state.analysed_fps
    return (
        state.camera_id,
        state.state,
        _seconds(state.seen_every_s),
        _seconds(1.0 / looks if looks else None),
        state.rung or None,
        state.interest or None,
        state.why or None,
    )


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f} s"


def _sentence(load: "LoadBody | None") -> str:
    """Return how busy the workers are, for people."""
    if load is None:
        return "No worker reports: gridpatrol does not run here."
    use = (
        f"{load.cameras} cameras: {load.full} decoded fully, {load.keys} by key frames,"
        f" {load.stirred} stirring; {load.decode + load.detect:.2f} of {load.budget:.2f}"
        " processors spent on pictures."
    )
    if load.overloaded_since is None:
        return f"{use} There is enough."
    return (
        f"{use} BUSY since {load.overloaded_since:%Y-%m-%d %H:%M:%S} UTC: quiet cameras are looked"
        " at less often. See docs/how-to/operate.md, 'When the machine is short'."
    )
