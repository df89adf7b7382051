"""Which pictures of a camera are due, when not all of them are wanted."""

from datetime import datetime, timedelta


class Pace:
    """Says which pictures are due, so that on the whole one is every so often.

    Counts the pictures' own time. A camera whose rate is no multiple of the one wanted still gets
    as many as asked for, only not evenly spaced.
    """

    def __init__(self) -> None:
        self._slot: datetime | None = None

    def is_due(self, at: datetime, every_s: float) -> bool:
        """Say whether the picture taken at `at` is due; call once for each.

        every_s: seconds between two, above zero; it may change from call to call.
        """
        interval = timedelta(seconds=every_s)
        slot = self._slot
        if slot is None or at < slot - interval:
            self._slot = at  # the first picture, or the camera's clock went back
            return True
        due_at = slot + interval
        if at < due_at - interval / 10:
            return False
        self._slot = due_at if due_at + interval > at else at
        return True
