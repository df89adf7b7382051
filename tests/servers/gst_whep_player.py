"""A WHEP player for tests, by GStreamer's webrtcbin: another WebRTC stack than ours and Chromium's.

Offers, plays, counts decoded pictures; prints "pictures N" and ends its session when N are there.
Runs under the system's Python. Needs, on Debian: python3-gi gir1.2-gst-plugins-bad-1.0
gstreamer1.0-plugins-bad gstreamer1.0-nice gstreamer1.0-libav
"""

import argparse
import sys
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  versions come first

CAPS = (
    "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f"
)
PATIENCE_S = 60


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--token", required=True)
    parser.add_argument("--pictures", type=int, default=20)
    return parser.parse_args()


class Player:
    """One session from offer to DELETE."""

    def __init__(self, options):
        self.options = options
        self.loop = GLib.MainLoop()
        self.location = None
        self.shown = 0
        self.pipeline = Gst.Pipeline()
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.peer)
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(CAPS))
        self.peer.connect("on-negotiation-needed", self.negotiate)
        self.peer.connect("pad-added", self.show)
        self.peer.connect("notify::ice-gathering-state", self.gathered)

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.timeout_add_seconds(PATIENCE_S, self.loop.quit)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        if self.location:
            self.ask("DELETE", self.location)
        sys.stdout.write(f"pictures {self.shown}\n")

    def negotiate(self, peer):
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offer))

    def offer(self, promise):
        promise.wait()
        reply = promise.get_reply()  # kept: the offer is only lent by it
        self.peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def gathered(self, peer, _property):
        if peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.exchange)

    def exchange(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        answer = self.ask("POST", self.options.url, offer.encode())
        self.location = urllib.parse.urljoin(self.options.url, answer.headers["Location"])
        _, sdp = GstSdp.SDPMessage.new_from_text(answer.read().decode())
        kind = GstWebRTC.WebRTCSDPType.ANSWER
        description = GstWebRTC.WebRTCSessionDescription.new(kind, sdp)
        self.peer.emit("set-remote-description", description, None)

    def ask(self, method, url, body=None):
        headers = {"Authorization": f"Bearer {self.options.token}"}
        if body:
            headers["Content-Type"] = "application/sdp"
        request = urllib.request.Request(url, body, headers, method=method)
        return urllib.request.urlopen(request, timeout=PATIENCE_S)

    def show(self, _peer, pad):
        chain = Gst.parse_bin_from_description(
            "rtph264depay ! h264parse ! avdec_h264 ! fakesink name=screen signal-handoffs=true",
            True,  # noqa: FBT003  C takes no names
        )
        chain.get_by_name("screen").connect("handoff", self.count)
        self.pipeline.add(chain)
        chain.sync_state_with_parent()
        pad.link(chain.get_static_pad("sink"))

    def count(self, *_):
        self.shown += 1
        if self.shown == self.options.pictures:
            GLib.idle_add(self.loop.quit)


if __name__ == "__main__":
    Gst.init(None)
    Player(parse_arguments()).run()
