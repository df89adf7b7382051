"""How long evidence is kept, by what became of its case."""

from pydantic import Field

from gateway.section import Section


class RetentionSettings(Section):
    """How long pictures and clips are kept, by what became of the case; the audit log is for ever.

    A case that is held (`gridpatrol case hold`) keeps everything, whatever is set here.
    """

    red_days: float | None = Field(None, gt=0)
    """Of closed red cases, counted from the closing; by default recording.evidence_keep_days."""
    yellow_days: float | None = Field(None, gt=0)
    """Of closed yellow cases; by default recording.evidence_keep_days."""
    green_days: float | None = Field(None, gt=0)
    """Of closed green cases; by default recording.evidence_keep_days."""
    false_alarm_days: float | None = Field(30.0, gt=0)
    """Of false alarms, whatever their colour: long enough to look into why they were."""
    open_days: float | None = Field(None, gt=0)
    """Of cases that nobody closed, counted from the end of the incident; by default as long as they
    are open, unless recording.evidence_max_gb is exceeded and nothing closed is left to go."""
