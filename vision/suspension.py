"""When a picture that changed everywhere at once suspends judgement, and for how long at most."""

from datetime import datetime, timedelta

from vision.activity import Activity, ActivityState

LONGEST = timedelta(seconds=2)
"""Lamps, exposure and the switch to infrared settle within it; detectors err meanwhile."""

PAUSE = timedelta(seconds=10)
"""After a suspension judgement goes on for so long whatever happens: a lamp that flashes all night,
or lightning, must not blind a camera for more than a sixth of the time."""


class Suspension:
    """One camera's suspensions; moments come in the order of time."""

    def __init__(self) -> None:
        self._began_at: datetime | None = None

    def holds(self, activity: Activity | None, at: datetime) -> bool:
        """Say whether what goes on at a moment is unknown because the whole picture changes."""
        began_at = self._began_at
        if began_at is not None and not timedelta() <= at - began_at < LONGEST + PAUSE:
            began_at = self._began_at = None
        if activity is None or activity.state is not ActivityState.GLOBAL:
            return False
        if began_at is None:
            self._began_at = at
            return True
        return at - began_at < LONGEST
