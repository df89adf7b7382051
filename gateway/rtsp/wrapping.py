"""RTP's 32-bit timestamps, which start anywhere and wrap."""


def signed_step(earlier: int, later: int) -> int:
    """Return by how many ticks `later` is after `earlier`, the short way round."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Counts timestamps on where they wrap."""

    def __init__(self) -> None:
        self._count: int | None = None

    def count(self, timestamp: int) -> int:
        """Return a timestamp as a number that does not wrap."""
        known = self._count
        if known is None:
            known = timestamp
        # The short way round, as `signed_step` goes it.
        self._count = known + ((timestamp - known + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        return self._count
