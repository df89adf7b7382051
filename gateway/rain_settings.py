"""Settings of rain feeds: weather services and rain gauges that tell how much it rains."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, SecretStr, model_validator

from gateway.json_path import JsonPath
from gateway.section import Section

FeedName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""Name of a feed: small letters, digits, dashes."""


def _path(text: str) -> str:
    JsonPath.parse(text)
    return text


def _known_zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone name such as Asia/Shanghai")
    return name


Place = Annotated[str, AfterValidator(_path)]
"""Where something stands in the answer, such as data.stations[0].rain."""


class RainFeedSettings(Section):
    """A weather service or rain gauge that answers HTTP requests in JSON."""

    url: str = Field(pattern=r"^https?://[^/\s@?]+(/[^\s?]*)?$")
    """https://…, without its query; http:// only within private networks."""
    query: Mapping[str, str | SecretStr] = {}
    """Parameters of the address, such as a station or a key."""
    headers: Mapping[str, SecretStr] = {}
    """Headers of the request, such as Authorization."""
    ca_file: Path | None = None
    """Certificates of an authority of your own, PEM; else those this machine trusts."""
    every_s: float = Field(600.0, ge=10, le=86_400)
    """How often it is asked; after a failure sooner, then ever later up to this."""
    timeout_s: float = Field(10.0, ge=0.1, le=120)
    """An answer that is not whole after so long has failed."""
    stale_s: float = Field(3600.0, ge=60, le=86_400)
    """What was measured longer ago says nothing of now: then nothing is known of rain."""
    gauges: Place = ""
    """Where the list of gauges stands in the answer; "" where the whole answer is one gauge."""
    name: Place = ""
    """Where a gauge's name stands within it; "" where there is one, called as the feed."""
    rain: Place
    """Where the rainfall stands within a gauge."""
    rain_unit: Literal["mm/h", "mm"] = "mm/h"
    """mm/h, or mm fallen within interval_s."""
    interval_s: float = Field(3600.0, ge=60, le=86_400)
    """Over how long the mm fell."""
    time: Place
    """Where the time of the measurement stands within a gauge."""
    time_format: str = "iso"
    """iso, unix (seconds), unix_ms, or a form such as %Y%m%d%H%M."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = ""
    """Of times that name no zone; "" for the site's own."""
    units: Mapping[str, tuple[str, ...]] = {}
    """Gauge to the villages or towns whose rain it tells; without any, all gauges are the site's.
    The wettest of several counts."""

    @model_validator(mode="after")
    def _gauges_have_names(self) -> Self:
        if self.gauges and not self.name:
            raise ValueError("gauges is a list: say with name how each of them is called")
        return self


class RainSettings(Section):
    """Rain as told by weather services and gauges, beside what people enter."""

    feeds: Mapping[FeedName, RainFeedSettings] = {}
    """Services and gauges that are asked, by name."""
