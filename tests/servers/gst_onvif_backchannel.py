"""A camera with a loudspeaker, for tests: GStreamer's ONVIF server. Runs under the system's Python.

Who asks by `Require: www.onvif.org/ver20/backchannel` is offered a track to speak on; what is said
there is decoded and written to a file as signed 16-bit samples, 8000 a second. Prints "ready" when
clients may connect and serves until killed. Needs, on Debian: python3-gi
gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly
"""

import argparse
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  versions come first

PATH = "/camera"
ROLE = "viewer"
PICTURE = (
    "( videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=5/1 "
    "! x264enc tune=zerolatency key-int-max=5 ! tee allow-not-linked=true "
    "! rtph264pay name=pay0 pt=96 )"
)
"""The picture goes on while nobody watches it, as in a camera; without the tee, GStreamer fails."""
LOUDSPEAKER = (
    "( capsfilter name=depay_backchannel "
    "caps=application/x-rtp,media=audio,payload={payload},clock-rate=8000,encoding-name={name} "
    "! rtp{word}depay ! {decoder} ! filesink location={file} buffer-mode=2 sync=false async=false )"
)
CODECS = {
    "pcmu": {"payload": 0, "name": "PCMU", "word": "pcmu", "decoder": "mulawdec"},
    "pcma": {"payload": 8, "name": "PCMA", "word": "pcma", "decoder": "alawdec"},
}
TRANSPORTS = {
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "both": GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("heard", type=Path, help="where what is said is written")
    parser.add_argument("--port", required=True)
    parser.add_argument("--codec", choices=tuple(CODECS), default="pcmu")
    parser.add_argument("--transport", choices=tuple(TRANSPORTS), default="both")
    parser.add_argument("--user")
    parser.add_argument("--password")
    return parser.parse_args()


def require_password(server, camera, options):
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth = GstRtspServer.RTSPAuth()
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
    camera = GstRtspServer.RTSPOnvifMediaFactory()
    camera.set_launch(PICTURE)
    camera.set_backchannel_launch(LOUDSPEAKER.format(file=options.heard, **CODECS[options.codec]))
    camera.set_media_gtype(GstRtspServer.RTSPOnvifMedia.__gtype__)
    camera.set_protocols(TRANSPORTS[options.transport])
    server = GstRtspServer.RTSPOnvifServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    if options.user:
        require_password(server, camera, options)
    server.get_mount_points().add_factory(PATH, camera)
    if server.attach(None) == 0:
        sys.exit(f"port {options.port} is taken")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
