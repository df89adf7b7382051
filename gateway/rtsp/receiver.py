"""From RTP packets to pictures and sound, in the form the hub passes on.

One `VideoReceiver` and at most one `AudioReceiver` for each RTSP session. Both are pure: no
sockets, no loop, no clock; times come in as arguments. No bytes can raise out of them.

    track = next(track for track in parse_sdp(body, base_url) if is_supported(track))
    sound = AudioReceiver(audio_track, video, reorder=udp)     # only after the video receiver
    video = VideoReceiver(track, reorder=udp, audio=audio_info(audio_track))
    for packet in video.rtp(data, received_s, arrival_s):      # mostly an empty tuple
        if video.info is not info: ...                         # compare by identity, it is cheap
        sink.publish(packet)

- `rtp(data, received_s, arrival_s)` takes one RTP packet without framing and returns the tuple of
  pictures that are whole now: mostly none, one at the end of a picture, several after a gap.
- `reorder` is True for datagrams: packets wait for late ones; over TCP they never do.
- `rtcp(data, received_s, arrival_s)` takes one compound RTCP packet.
- `report(now_s)` returns a receiver report with SDES, b"" before the first RTP packet; send one
  every five seconds.
- `info` is None until parameter sets are known, by the SDP or in-band, and another object when they
  change what it says.
"""

from gateway.packets import AudioInfo, AudioPacket, StreamInfo, VideoPacket
from gateway.rtsp.sdp import MediaTrack

Buffer = bytes | memoryview


class VideoReceiver:
    """Pictures of one H.264 or H.265 track.

    lost: RTP packets that never came. damaged: pictures left out because part of them was lost.
    skipped: whole pictures left out because they lean on a damaged one. clock_offset_s: the
    camera's clock minus ours by its newest sender report.
    """

    lost: int
    damaged: int
    skipped: int

    def __init__(
        self, track: MediaTrack, *, reorder: bool, audio: AudioInfo | None = None
    ) -> None: ...

    @property
    def info(self) -> StreamInfo | None: ...

    @property
    def clock_offset_s(self) -> float | None: ...

    def rtp(self, data: Buffer, received_s: float, arrival_s: float) -> tuple[VideoPacket, ...]:
        """received_s: monotonic seconds. arrival_s: seconds since 1970 at arrival."""
        return ()

    def rtcp(self, data: Buffer, received_s: float, arrival_s: float) -> None: ...

    def report(self, now_s: float) -> bytes:
        """now_s: monotonic seconds."""
        return b""


class AudioReceiver:
    """Sound of one track, placed on the line of a session's video.

    Sound before the first picture is left out: there is no line yet.
    """

    lost: int

    def __init__(self, track: MediaTrack, video: VideoReceiver, *, reorder: bool) -> None: ...

    def rtp(self, data: Buffer, received_s: float, arrival_s: float) -> tuple[AudioPacket, ...]:
        return ()

    def rtcp(self, data: Buffer, received_s: float, arrival_s: float) -> None: ...

    def report(self, now_s: float) -> bytes:
        return b""
