"""Decodes one stream at one of two rungs: its key frames, or every picture; and goes back in time.

On the lower rung the key frames are decoded by contexts that a thread's cameras share, and the
packets of the last two GOPs are kept. Climbing decodes what is kept with a context of the camera's
own, so that there is no gap and no smear: it begins at a key frame, and ends at the newest packet.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.analysis.pace import Pace
from gateway.decode import BROKEN_AFTER_KEYS, DecodeHealth, KeyPictures, Picture, PictureDecoder
from gateway.hub import Delivery
from gateway.packets import StreamInfo
from vision.scheduler import Rung

KEPT_KEYS = 3
"""Key frames that may be gone back to where there is no time for what lies between them."""

GONE_BACK_COST_S = 0.7
"""A GOP that takes longer to decode is not gone back into: who stirs then wakes at the next key
frame. At 640x360 that is 500 pictures, 20 s of a camera with a "smart" codec."""

LEAST_PACKETS, MOST_PACKETS = 120, 600
"""A GOP of fewer packets is gone back into whatever it costs, one of more is not kept: the hub
keeps as many. Of the GOP before, no more than the fewest: it matters where GOPs are short."""

KEY_GUESS_S, PICTURE_GUESS_S = 3.2e-8, 5.6e-9
"""What decoding costs per pixel until it is measured: H.264 at 600 kb/s, from 7.4 ms for a key
frame and 1.3 ms for another picture at 640x360."""

COST_MEMORY = 0.1
"""Weight of the newest in costs that are averaged as they come."""

PICTURES_GUESS_PER_S, KEYS_GUESS_PER_S = 15.0, 0.5


class DecodeCost:
    """What a camera's pictures cost in processor time, and how often they come.

    key_s, picture_s: for a key frame alone, and for one of all pictures. pictures_per_s,
    keys_per_s: of the camera's own time.
    """

    def __init__(self) -> None:
        self.key_s = self.picture_s = 0.0
        self.pictures_per_s, self.keys_per_s = PICTURES_GUESS_PER_S, KEYS_GUESS_PER_S
        self._pictures = 0
        self._key_at: datetime | None = None

    def expect(self, info: StreamInfo) -> None:
        """Guess for a new session."""
        pixels = info.width * info.height
        self.key_s, self.picture_s = KEY_GUESS_S * pixels, PICTURE_GUESS_S * pixels
        self.pictures_per_s = info.fps or PICTURES_GUESS_PER_S
        self._key_at = None

    def arrived(self, delivery: Delivery) -> None:
        """Count a packet."""
        packet = delivery.packet
        if packet.is_key:
            if self._key_at is not None and packet.captured_at > self._key_at:
                gop_s = (packet.captured_at - self._key_at).total_seconds()
                self.keys_per_s, self.pictures_per_s = 1.0 / gop_s, self._pictures / gop_s
            self._key_at, self._pictures = packet.captured_at, 0
        self._pictures += 1

    def spent(self, rung: Rung, seconds: float) -> None:
        """Take in what one decoded packet cost, with all that was done to its pictures."""
        if rung is Rung.KEYS:
            self.key_s += COST_MEMORY * (seconds - self.key_s)
        else:
            self.picture_s += COST_MEMORY * (seconds - self.picture_s)


class AdaptiveDecoder:
    """One camera's decoder; for one thread at a time. rung: where it stands.

    cost: measured.

    Methods raise NotVideoError when this machine cannot decode the stream's codec.
    """

    def __init__(self) -> None:
        self.rung = Rung.KEYS
        self.cost = DecodeCost()
        self._epoch = 0
        self._gop: list[Delivery] = []
        self._before: list[Delivery] = []
        self._keys: deque[Delivery] = deque(maxlen=KEPT_KEYS)
        self._key_pace = Pace()
        self._own: PictureDecoder | None = None
        self._past_health = DecodeHealth()
        self._failed_keys = 0

    @property
    def health(self) -> DecodeHealth:
        """What became of this session's packets so far, key frames passed over left out."""
        decoder = self._own  # read once: other threads ask
        own = decoder.health if decoder else DecodeHealth()
        health = self._past_health + own
        return replace(health, broken=own.broken or self._failed_keys >= BROKEN_AFTER_KEYS)

    @property
    def newest_at(self) -> datetime | None:
        """When the newest packet kept was taken; None while none is, as in a GOP too long."""
        return self._gop[-1].packet.captured_at if self._gop else None

    def note(self, delivery: Delivery, key_every_s: float) -> bool:
        """Keep a packet, and say whether it is to be decoded at this rung: see `decode`.

        key_every_s: on the lower rung key frames that come sooner are passed over; 0 for none.
        """
        if delivery.epoch != self._epoch:
            self._begin(delivery)
        self.cost.arrived(delivery)
        self._keep(delivery)
        if self.rung is Rung.FULL:
            return True
        packet = delivery.packet
        return packet.is_key and (
            key_every_s == 0.0 or self._key_pace.is_due(packet.captured_at, key_every_s)
        )

    def decode(self, delivery: Delivery, keys: KeyPictures) -> Sequence[Picture]:
        """Return the pictures a noted packet brings. keys: decoders of the calling thread."""
        if self.rung is Rung.FULL:
            pictures = self._decode(delivery)
        else:
            picture = self._key_picture(delivery, keys)
            pictures = (picture,) if picture else ()
            self._failed_keys += not pictures
        if pictures:
            self._failed_keys = 0
        return pictures

    def look_back(self, keys: KeyPictures, since: datetime) -> Sequence[Picture]:
        """Return the pictures of the key frames before the newest that were taken after `since`."""
        newest = self._keys[-1] if self._keys else None
        earlier = [d for d in self._keys if d is not newest and d.packet.captured_at > since]
        pictures = (self._key_picture(delivery, keys) for delivery in earlier)
        return [picture for picture in pictures if picture is not None]

    def climb(self, back_to: datetime | None = None) -> Sequence[Picture]:
        """Decode every picture from now on; return those of the packets kept, oldest first.

        back_to: pictures up to then do not matter and are let go, but for the newest of all; None:
        all since the newest key frame do. Without any packet kept, pictures come from the next key
        frame on.
        """
        kept = self._gop
        if self._before and kept and back_to and kept[0].packet.captured_at > back_to:
            kept = [*self._before, *self._gop]
        self.rung = Rung.FULL
        pictures: list[Picture] = []
        for picture in (picture for delivery in kept for picture in self._decode(delivery)):
            if pictures and back_to and pictures[-1].captured_at <= back_to:
                pictures.pop()  # at once: a long GOP's pictures are a hundred megabytes
            pictures.append(picture)
        return pictures

    def step_down(self) -> None:
        """Decode key frames only from now on."""
        self.rung = Rung.KEYS
        self._drop_own()

    def _key_picture(self, delivery: Delivery, keys: KeyPictures) -> Picture | None:
        picture, health = keys.decode(delivery.info, delivery.packet)
        self._past_health += health
        return picture

    def _begin(self, delivery: Delivery) -> None:
        self._epoch = delivery.epoch
        self._gop, self._before = [], []
        self._keys.clear()
        self._own = None
        self._past_health = DecodeHealth()
        self._failed_keys = 0
        self.cost.expect(delivery.info)

    def _keep(self, delivery: Delivery) -> None:
        if delivery.packet.is_key:
            self._before = self._gop if len(self._gop) <= LEAST_PACKETS else []
            self._gop = [delivery]
            self._keys.append(delivery)
        elif self._gop and len(self._gop) < self._most_packets:
            self._gop.append(delivery)
        else:
            self._gop = []

    @property
    def _most_packets(self) -> int:
        """How many packets of a GOP are worth to be gone back into."""
        affordable = int(GONE_BACK_COST_S / max(self.cost.picture_s, 1e-6))
        return min(max(affordable, LEAST_PACKETS), MOST_PACKETS)

    def _decode(self, delivery: Delivery) -> Sequence[Picture]:
        if self._own is None:
            self._own = PictureDecoder(delivery.info)
        return self._own.decode(delivery.packet)

    def _drop_own(self) -> None:
        self._past_health = self.health
        self._own = None
