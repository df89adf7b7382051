"""What is kept of a camera's pictures."""

from enum import StrEnum


class RecordMode(StrEnum):
    """What is kept of a camera's pictures: clips of incidents, everything as well, or nothing."""

    INCIDENTS = "incidents"
    CONTINUOUS = "continuous"
    OFF = "off"
