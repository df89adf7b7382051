"""An RTSP camera for tests: GStreamer's server looping one clip. Runs under the system's Python.

The clip is a file of access units, each a big-endian uint32 length followed by Annex B bytes; the
tests write it. Prints "ready" when clients may connect and serves until killed. Needs, on Debian:
python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
"""

import argparse
import struct
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  versions come first

PATH = "/camera"
NTP_EPOCH_S = 2_208_988_800
"""1900 to 1970 (RFC 3550 §4)."""
ROLE = "viewer"
TRANSPORTS = {
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "both": GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP,
}
VIDEO = (
    "appsrc name=units is-live=true format=time block=true max-bytes=200000 "
    "caps=video/x-{codec},stream-format=byte-stream,alignment=au,framerate={fps}/1 "
    "! {codec}parse ! identity sync=true ! rtp{codec}pay name=pay0 pt=96 config-interval={interval}"
)
AUDIO = "audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay{number} pt=8"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", required=True)
    parser.add_argument("--codec", choices=("h264", "h265"), default="h264")
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--auth", choices=("digest", "basic"), default="digest")
    parser.add_argument("--transport", choices=tuple(TRANSPORTS), default="both")
    parser.add_argument("--media", choices=("video", "audio", "both"), default="video")
    parser.add_argument(
        "--headers",
        choices=("key", "sdp"),
        default="key",
        help="parameter sets on every key frame, or in the session description only",
    )
    parser.add_argument("--clock", choices=("right", "wrong"), default="right")
    parser.add_argument("--clock-ahead-s", type=int, default=0, help="of sender reports")
    parser.add_argument("--path", action="append", help=f"where the stream is; by default {PATH}")
    parser.add_argument("--sessions", type=int, default=0, help="how many at once; 0: any number")
    return parser.parse_args()


def read_units(clip):
    data, units, at = clip.read_bytes(), [], 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        units.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return units


def count_from_start(media):
    """Make the sender reports count from the stream's start: a camera that believes it is 1900."""

    take_report_time_from(media, "running-time")


def tell_pipeline_time(media):
    """Make the sender reports tell the time of the pipeline's clock."""
    take_report_time_from(media, "clock-time")


def take_report_time_from(media, source):
    def set_source(element):
        if element.get_factory().get_name() == "rtpbin":
            element.set_property("ntp-time-source", source)

    media.get_element().get_parent().iterate_elements().foreach(set_source)


def clock_ahead(seconds):
    """Return a clock that counts from 1900, as sender reports do, and is ahead of ours."""
    clock = Gst.SystemClock(clock_type=Gst.ClockType.REALTIME)
    clock.set_calibration(0, (NTP_EPOCH_S + seconds) * Gst.SECOND, 1, 1)
    return clock


class Camera(GstRtspServer.RTSPMediaFactory):
    """One shared pipeline that repeats the clip for ever with rising timestamps."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        self.units = read_units(options.clip)
        self.set_shared(True)
        self.connect("media-configure", self.configure)
        self.set_protocols(TRANSPORTS[options.transport])

    def do_create_element(self, url):
        parts = []
        if self.options.media != "audio":
            interval = -1 if self.options.headers == "key" else 0
            parts.append(
                VIDEO.format(codec=self.options.codec, fps=self.options.fps, interval=interval)
            )
        if self.options.media != "video":
            parts.append(AUDIO.format(number=len(parts)))
        return Gst.parse_launch("( " + " ".join(parts) + " )")

    def configure(self, _factory, media):
        source = media.get_element().get_by_name_recurse_up("units")
        if source is not None:
            source.connect("need-data", self.push, {"sent": 0})
        if self.options.clock == "wrong":
            media.connect("prepared", count_from_start)
        if self.options.clock_ahead_s:
            media.set_clock(clock_ahead(self.options.clock_ahead_s))
            media.connect("prepared", tell_pipeline_time)

    def push(self, source, _size, progress):
        number = progress["sent"]
        progress["sent"] = number + 1
        buffer = Gst.Buffer.new_wrapped(self.units[number % len(self.units)])
        buffer.duration = Gst.SECOND // self.options.fps
        buffer.pts = buffer.dts = number * buffer.duration
        source.emit("push-buffer", buffer)


def require_password(server, camera, options):
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth = GstRtspServer.RTSPAuth()
    if options.auth == "basic":
        credentials = GstRtspServer.RTSPAuth.make_basic(options.user, options.password)
        auth.add_basic(credentials, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.user, options.password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(ROLE, right, True)  # noqa: FBT003  C takes no names
    camera.set_permissions(permissions)


def main():
    options = parse_arguments()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(options.host)
    server.set_service(options.port)
    server.get_session_pool().set_max_sessions(options.sessions)
    camera = Camera(options)
    if options.user:
        require_password(server, camera, options)
    for path in options.path or (PATH,):
        server.get_mount_points().add_factory(path, camera)
    if server.attach(None) == 0:
        sys.exit(f"port {options.port} is taken")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
