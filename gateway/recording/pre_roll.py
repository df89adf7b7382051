"""The latest seconds of one camera, in memory: how a clip can begin before its incident is told."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from gateway.hub import AudioDelivery, Delivery
from gateway.recording.growing import same_set_up

Item = Delivery | AudioDelivery
"""A picture or some sound, as the hub delivered it."""

PRE_ROLL_BYTES = 24 << 20
"""Most memory one camera's pre-roll may take: 30 s of a 6 Mbit/s main stream."""


class PreRoll:
    """The latest packets of a camera in whole GOPs, bounded in seconds and bytes."""

    def __init__(self, seconds: float, max_bytes: int = PRE_ROLL_BYTES) -> None:
        """Keep at least `seconds` (as far as they came and fit), and up to a GOP more."""
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._gops: deque[_Gop] = deque()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """How many bytes of packets are kept."""
        return self._bytes

    def add(self, item: Item) -> None:
        """Take the next packet, and let go of what is older than need be."""
        if isinstance(item, Delivery):
            if self._gops and not same_set_up(self._gops[-1].first.info, item.info):
                self.clear()
            if item.packet.is_key:
                self._gops.append(_Gop(item))
        if not self._gops:
            return
        self._gops[-1].items.append(item)
        self._bytes += len(item.packet.data)
        oldest_s = item.packet.received_s - self._seconds
        while len(self._gops) > 1 and self._gops[1].first.packet.received_s <= oldest_s:
            self._drop_oldest()
        while self._bytes > self._max_bytes:
            self._drop_oldest()

    def since(self, moment: datetime) -> Iterator[Item]:
        """Yield from the last key frame captured up to `moment`, or from the oldest there is."""
        first = 0
        for index, gop in enumerate(self._gops):
            if gop.first.packet.captured_at <= moment:
                first = index
        return chain.from_iterable([gop.items for gop in self._gops][first:])

    def clear(self) -> None:
        """Forget everything."""
        self._gops.clear()
        self._bytes = 0

    def _drop_oldest(self) -> None:
        self._bytes -= sum(len(item.packet.data) for item in self._gops.popleft().items)


class _Gop:
    """A key frame and what came until the next."""

    def __init__(self, first: Delivery) -> None:
        self.first = first
        self.items: list[Item] = []
