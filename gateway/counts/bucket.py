"""What counts are added up to."""

from enum import StrEnum


class Bucket(StrEnum):
    """A part of the site's calendar."""

    HOUR = "hour"
    DAY = "day"
