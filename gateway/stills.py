"""The newest picture of a camera, for people who ask for it: seldom older than a second.

The analysis decodes no more of a quiet camera than a key frame now and then. Where that is too old,
what the hub keeps of the running GOP is decoded, with a decoder that is kept for the next time: who
asks once a second has every picture decoded once.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta

from gateway.decode import Picture, PictureDecoder
from gateway.errors import NotVideoError
from gateway.hub import Delivery, Hub
from gateway.packets import VideoPacket
from gateway.quarantine import Quarantine

FRESH = timedelta(seconds=1)
"""A picture this much older than the newest packet need not be decoded anew: tiles that are shown
as single pictures ask once a second."""

KEPT = 16
"""Decoders kept, of the cameras asked for last: a wall of four by four; each holds 1 to 2 MB."""


class Stills:
    """The newest pictures of a worker's cameras; for any thread."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hub, _Still] = OrderedDict()

    def newest(self, hub: Hub, seen: Picture | None) -> Picture | None:
        """Return a stream's newest picture, None where it has shown none.

        seen: the newest that was decoded for the analysis. It may take as long as decoding a GOP.
        """
        gop = hub.last_gop()
        if not gop or (seen and gop[-1].packet.captured_at - seen.captured_at <= FRESH):
            return seen
        mark = self._quarantine.mark(hub.camera_id)
        try:
            with mark:
                picture = self._still(hub).follow(gop)
        finally:
            self._quarantine.forget(mark)
        if picture is None or (seen and seen.captured_at > picture.captured_at):
            return seen
        return picture

    def _still(self, hub: Hub) -> "_Still":
        with self._lock:
            still = self._kept.get(hub)
            if still is None:
                still = self._kept[hub] = _Still()
            self._kept.move_to_end(hub)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return still


class _Still:
    """Follows one stream as far as it is asked for; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoder: PictureDecoder | None = None
        self._newest: VideoPacket | None = None
        self._picture: Picture | None = None

    def follow(self, gop: Sequence[Delivery]) -> Picture | None:
        """Return the newest picture of a running GOP, which must not be empty.

        None where it cannot be decoded.
        """
        with self._lock:
            for delivery in self._unseen(gop):
                pictures = self._decoder.decode(delivery.packet) if self._decoder else ()
                self._newest = delivery.packet
                self._picture = pictures[-1] if pictures else self._picture
            return self._picture

    def _unseen(self, gop: Sequence[Delivery]) -> Sequence[Delivery]:
        """Return what comes after the packet decoded last; everything, anew, where it is gone."""
        for number, delivery in enumerate(gop, 1):
            if delivery.packet is self._newest:
                return gop[number:]
        self._picture = None
        try:
            self._decoder = PictureDecoder(gop[0].info)
        except NotVideoError:
            self._decoder = None
        return gop
