"""The encoder behind a stream: read, tuned for analysis, and set back exactly as it was."""

import time
from dataclasses import dataclass
from typing import Protocol

from gateway.errors import OnvifError, UnreachableError
from gateway.onvif.client import OnvifClient
from gateway.onvif.encoding import Encoding, Offer, Tuning, fitted
from gateway.onvif.media1_encoder import Media1Encoder
from gateway.onvif.media2_encoder import Media2Encoder
from gateway.onvif.profile import Profile

READ_BACK_TRIES = 4
READ_BACK_PAUSE_S = 0.5
"""How often, and how far apart, a camera is asked what it made of new settings: some start their
encoder anew first and tell the old ones meanwhile."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to an encoder: how it was set before, and after."""

    before: Encoding
    after: Encoding

    @property
    def saved_kbps(self) -> int:
        """How much less it may send, in kbit/s; below 0 when it is more."""
        return self.before.bit_rate_kbps - self.after.bit_rate_kbps

    @property
    def saved_ratio(self) -> float:
        """The share of pixels a second that need not be decoded any more, 0-1."""
        return round(max(0.0, 1 - self.after.pixel_rate / self.before.pixel_rate), 3)


class _Port(Protocol):
    """An encoder by one of the two media services."""

    def read(self) -> Encoding: ...
    def offer(self, now: Encoding) -> Offer: ...
    def write(self, wanted: Encoding) -> None: ...


class Encoder:
    """The encoder behind one profile of a connected client; errors are the client's.

    The second media service is asked where the camera has it and knows the encoder there, for it
    tells more; else the first.
    """

    def __init__(self, client: OnvifClient, profile: Profile) -> None:
        if not profile.encoder:
            raise OnvifError(f"{client.address} names no encoder of the stream {profile.name}")
        self.token = profile.encoder
        self._address = client.address
        self._port = _port(client, profile)

    def state(self) -> Encoding:
        """Ask how it is set."""
        return self._port.read()

    def nearest(self, wish: Tuning) -> Change:
        """Return what tuning it would do, as far as the camera tells; nothing is set.

        One that does not tell what it offers is asked for the wish as it is, but for the size.
        """
        before = self.state()
        try:
            offer = self._port.offer(before)
        except UnreachableError:
            raise
        except OnvifError:
            offer = Offer()
        return Change(before, fitted(before, wish, offer))

    def tune(self, change: Change) -> Change:
        """Set it as `nearest` said; return what the camera made of it, which may be a little else.

        Raises OnvifError when the camera refuses, keeps the old, or makes something dearer of it;
        it is then set back.
        """
        before, wanted = change.before, change.after
        if wanted == before:
            return change
        try:
            self._port.write(wanted)
            after = self._read_back(before)
        except UnreachableError:
            raise
        except OnvifError:
            self._set_back(before)
            raise
        if after == before:
            raise OnvifError(f"{self._address} took new encoder settings and kept the old")
        if after.is_dearer(wanted) and after.is_dearer(before):
            self._set_back(before)
            raise OnvifError(
                f"{self._address} made {after} of the encoder settings {wanted}; it was set back"
            )
        return Change(before, after)

    def restore(self, before: Encoding) -> Change:
        """Set it exactly as it was. Raises OnvifError when the camera does not do so."""
        tuned = self.state()
        if tuned != before:
            self._port.write(before)
        after = self._read_back(tuned) if tuned != before else tuned
        if after != before:
            raise OnvifError(f"{self._address} was to be set back to {before} and made {after}")
        return Change(tuned, after)

    def _read_back(self, old: Encoding) -> Encoding:
        """Return how it is set now; asks again while the camera still tells the old settings."""
        after = self.state()
        for _ in range(READ_BACK_TRIES - 1):
            if after != old:
                break
            time.sleep(READ_BACK_PAUSE_S)
            after = self.state()
        return after

    def _set_back(self, before: Encoding) -> None:
        if self.state() != before:
            self._port.write(before)


def _port(client: OnvifClient, profile: Profile) -> _Port:
    if client.has_media2():
        port = Media2Encoder(client, profile.encoder)
        try:
            port.read()
        except OnvifError:
            if profile.codec == "h265":
                raise
        else:
            return port
    return Media1Encoder(client, profile.encoder)
