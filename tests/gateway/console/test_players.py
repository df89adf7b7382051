"""Players that are none of ours, at the real API before a worker with real live pictures."""

import asyncio
import subprocess
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

PLAYER = Path(__file__).parents[2] / "servers" / "gst_whep_player.py"
SYSTEM_PYTHON = "/usr/bin/python3"
PACKAGES = (
    "python3-gi gir1.2-gst-plugins-bad-1.0 gstreamer1.0-plugins-bad gstreamer1.0-nice "
    "gstreamer1.0-libav"
)
ELEMENTS = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstWebRTC', '1.0');"
    "from gi.repository import Gst, GstWebRTC; Gst.init(None);"
    "names = ('webrtcbin', 'nicesrc', 'avdec_h264', 'h264parse');"
    "missing = [name for name in names if not Gst.ElementFactory.find(name)];"
    "assert not missing, missing"
)
WAIT_S = 90


@pytest.fixture
def token(site) -> str:
    admin = site.store.users.get("admin")
    return site.store.player_tokens.make(admin.id, "road", timedelta(days=1))[0]


@pytest.fixture
def whep(site) -> str:
    return f"{site.url}api/cameras/road/whep"


def test_gstreamer_plays_with_a_token(whep, token):
    looked = subprocess.run([SYSTEM_PYTHON, "-c", ELEMENTS], check=False, capture_output=True)
    if looked.returncode:
        pytest.skip(f"no GStreamer with WebRTC; apt-get install {PACKAGES}")
    command = [SYSTEM_PYTHON, str(PLAYER), whep, "--token", token, "--pictures", "20"]
    played = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WAIT_S)
    word, shown = played.stdout.split()
    assert word == "pictures"
    assert int(shown) >= 20, played.stderr


def test_a_player_goes_through_every_step_of_the_protocol(whep, token):
    shown = asyncio.run(play(whep, token))
    assert shown == 10


async def play(whep: str, token: str) -> int:
    """OPTIONS, POST without candidates, PATCH with them, pictures, DELETE."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    lines = peer.localDescription.sdp.splitlines(keepends=True)
    late = [line for line in lines if line.startswith(("a=candidate", "a=end-of"))]
    fragment = [line for line in lines if line.startswith(("a=ice-ufrag", "a=mid"))] + late
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://player.example"}
    async with httpx.AsyncClient(headers=headers) as http:
        assert "application/sdp" in (await http.options(whep)).headers["accept-post"]
        answer = await http.post(
            whep,
            content="".join(line for line in lines if line not in late),
            headers={"Content-Type": "application/sdp"},
        )
        assert answer.status_code == 201
        session = httpx.URL(whep).join(answer.headers["location"])
        patched = await http.patch(
            session,
            content="".join(fragment),
            headers={
                "Content-Type": "application/trickle-ice-sdpfrag",
                "If-Match": answer.headers["etag"],
            },
        )
        assert patched.status_code == 204
        await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        (receiver,) = peer.getReceivers()
        async with asyncio.timeout(WAIT_S):
            shown = sum([bool(await receiver.track.recv()) for _ in range(10)])
        assert (await http.delete(session)).status_code == 200
    await peer.close()
    return shown
