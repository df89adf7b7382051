"""Times as people type them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.errors import ConfigError


def moment(text: str, zone: ZoneInfo) -> datetime:
    """Return a time, in the site's zone unless it names one. Raises ConfigError for none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no time: write 2026-05-01T08:00") from error
    return found if found.tzinfo else found.replace(tzinfo=zone)
