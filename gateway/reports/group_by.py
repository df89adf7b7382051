"""What a report has one line for."""

from enum import StrEnum


class GroupBy(StrEnum):
    """Cases that are counted together: of one place or kind, or of a part of the calendar."""

    UNIT = "unit"
    KIND = "kind"
    CAMERA = "camera"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
