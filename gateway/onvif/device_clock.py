"""A camera's clock: how far off it is, what sets it, and setting it right by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.clock import utc_now
from gateway.onvif.client import OnvifClient


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the camera tells of its clock.

    mode: "manual" or "ntp", "" where it does not tell. skew_s: its clock minus ours in seconds,
    None where it tells no time. time_zone: POSIX text such as "CST-8", "" where not told.
    """

    mode: str
    skew_s: float | None
    time_zone: str


def read_clock(client: OnvifClient) -> ClockState:
    """Ask a connected client's camera; errors are the client's."""
    skew = client.measure_skew()
    mode, zone = client.ask("devicemgmt", "GetSystemDateAndTime", _mode_and_zone)
    return ClockState(mode, None if skew is None else round(skew.total_seconds(), 1), zone)


def set_clock(client: OnvifClient) -> None:
    """Set the camera to our time, from now on by hand; its time zone stays.

    Setting by hand turns the camera's own NTP off: where that works, leave it on. Signatures follow
    the new time at once.
    """
    zone = read_clock(client).time_zone
    now = utc_now()
    question = {
        "DateTimeType": "Manual",
        "DaylightSavings": False,
        "UTCDateTime": _spelt(now),
    } | ({"TimeZone": {"TZ": zone}} if zone else {})
    client.ask("devicemgmt", "SetSystemDateAndTime", lambda _: None, question)
    client.measure_skew()


def _spelt(moment: datetime) -> dict[str, dict[str, int]]:
    return {
        "Time": {"Hour": moment.hour, "Minute": moment.minute, "Second": moment.second},
        "Date": {"Year": moment.year, "Month": moment.month, "Day": moment.day},
    }


def _mode_and_zone(answer: Any) -> tuple[str, str]:  # noqa: ANN401 - zeep makes its classes late
    zone = answer.TimeZone
    return str(answer.DateTimeType or "").lower(), str((zone and zone.TZ) or "")
