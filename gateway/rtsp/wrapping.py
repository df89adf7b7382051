"""RTP's 32-bit timestamps, which start anywhere and wrap."""


def signed_step(earlier: int, later: int) -> int:
    """Return by how many ticks `later` is after `earlier`, the short way round."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Counts timestamps on where they wrap."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._count = 0

    def count(self, timestamp: int) -> int:
        """Return a timestamp as a number that does not wrap."""
        if self._last is None:
            self._count = timestamp
        else:
            self._count += signed_step(self._last, timestamp)
        self._last = timestamp
        return self._count
