"""How a camera's stream can be shown live: as it is, transcoded, or as single pictures."""

from collections.abc import Iterable
from itertools import pairwise

from gateway.config import LiveSettings
from gateway.hub import Delivery, Hub
from gateway.packets import StreamInfo
from gateway.probe import Playability, playability
from gateway.store.camera_states import LiveMode
from gateway.whep import Hindrance


def live_mode(hub: Hub, settings: LiveSettings) -> LiveMode:
    """Say how a camera's analysed stream is shown; REFRESH while it has sent nothing."""
    if hub.info is None:
        return LiveMode.REFRESH
    hindrance = find_hindrance(hub.info, hub.last_gop(), settings)
    if hindrance is None:
        return LiveMode.WHEP
    if settings.max_transcodes:
        return LiveMode.TRANSCODED
    return LiveMode.WHEP if hindrance is Hindrance.SIZE else LiveMode.REFRESH


def plays(info: StreamInfo) -> bool:
    """Say whether players take a stream, by its description alone."""
    return judge(info, ()).plays


def judge(info: StreamInfo, packets: Iterable[Delivery]) -> Playability:
    """Judge a stream by its description and, as that may keep B-frames back, by its packets."""
    goes_back = any(later.packet.pts < earlier.packet.pts for earlier, later in pairwise(packets))
    return playability(info.codec, info.profile, has_b_frames=info.has_b_frames or goes_back)


def find_hindrance(
    info: StreamInfo, packets: Iterable[Delivery], settings: LiveSettings
) -> Hindrance | None:
    """Say what keeps a stream from being passed through to a tile; None: nothing does."""
    if info.codec != "h264":
        return Hindrance.CODEC
    if info.has_b_frames:
        return Hindrance.ORDER
    if not plays(info):
        return Hindrance.PROFILE
    if not judge(info, packets).plays:
        return Hindrance.ORDER
    too_large = info.width * info.height > settings.transcode_width * settings.transcode_height
    return Hindrance.SIZE if too_large else None
