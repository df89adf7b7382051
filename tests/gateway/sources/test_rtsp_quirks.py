"""RtspLink against a camera that misbehaves on purpose: each quirk was seen on some real one."""

import asyncio
import socket
import ssl
import struct
from collections import Counter
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.errors import (
    GatewayError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnauthorizedError,
    UnreachableError,
    UnsupportedServerError,
)
from gateway.packets import Transport
from gateway.sources.link import LinkOptions
from gateway.sources.rtsp import RtspLink
from gateway.sources.source import Credentials

HANG_S = 20.0
PASSWORD = "hunter2 & friends"


class Basket:
    """A sink that counts."""

    def __init__(self):
        self.infos, self.packets = [], []
        self.arrived = asyncio.Event()

    def start(self, info):
        self.infos.append(info)

    def publish(self, packet):
        self.packets.append(packet)
        self.arrived.set()

    def publish_audio(self, packet):
        pass

    async def more(self, count):
        """Wait for so many further pictures."""
        wanted = len(self.packets) + count
        while len(self.packets) < wanted:
            self.arrived.clear()
            await self.arrived.wait()


@pytest.fixture
def camera(scripted, coded_stream):
    """Return a maker of cameras; options as of ScriptedCamera."""
    units = [packet.data for packet in coded_stream("h264", 20, gop=10).packets]
    return lambda **options: scripted.ScriptedCamera(units, **options)


@asynccontextmanager
async def playing(url, credentials=None, *, wanted=5, **options):
    """Run a link until so many pictures came."""
    link, basket = RtspLink(url, credentials, LinkOptions(**options)), Basket()
    task = asyncio.create_task(link.run(basket))
    pictures = asyncio.create_task(basket.more(wanted))
    try:
        async with asyncio.timeout(HANG_S):
            await asyncio.wait([task, pictures], return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            yield link, basket, task
    finally:
        for ending in (pictures, task):
            ending.cancel()
            with suppress(asyncio.CancelledError, GatewayError):
                await ending


async def run(url, credentials=None, **options):
    async with asyncio.timeout(HANG_S):
        await RtspLink(url, credentials, LinkOptions(**options)).run(Basket())


REFUSALS = [
    ("DESCRIBE", 401, UnauthorizedError, "refuses the user or password"),
    ("DESCRIBE", 403, UnauthorizedError, "refuses the user or password"),
    ("DESCRIBE", 404, NotVideoError, "no stream at this path"),
    ("DESCRIBE", 453, UnreachableError, "too many viewers"),
    ("DESCRIBE", 503, UnreachableError, "too many viewers"),
    ("DESCRIBE", 400, UnsupportedServerError, "does not take our requests"),
    ("DESCRIBE", 551, UnsupportedServerError, "does not take our requests"),
    ("DESCRIBE", 423, NotVideoError, "refuses to send video"),
    ("DESCRIBE", 304, UnreachableError, "unexpected"),
    ("SETUP", 453, UnreachableError, "too many viewers"),
    ("SETUP", 461, UnsupportedServerError, "over TCP or UDP"),
    ("PLAY", 454, UnreachableError, "forgotten the session while it was being opened"),
    ("PLAY", 455, UnsupportedServerError, "does not take our requests"),
]


@pytest.mark.parametrize(("method", "status", "error", "text"), REFUSALS)
async def test_refusals_in_our_words(camera, scripted, method, status, error, text):
    def refuse(_):
        return scripted.Reply(status, "Because")

    async with camera(answers={method: refuse}) as server:
        with pytest.raises(error, match=text) as caught:
            await run(server.url)
        assert server.url in str(caught.value)


async def test_options_need_not_be_known(camera, scripted):
    answers = {"OPTIONS": lambda _: scripted.Reply(405, "No")}
    async with camera(answers=answers) as server, playing(server.url) as (link, basket, _):
        assert link.transport == "tcp"
        assert basket.infos[0].width == 160


async def test_redirects_are_followed_and_the_password_stays_at_home(camera, scripted):
    def move(to):
        return lambda _: scripted.Reply(302, "Moved", {"Location": to})

    def ask(request):
        if "authorization" in request.fields:
            return scripted.Reply(body=scripted.description(there.units))
        return scripted.Reply(401, "No", {"WWW-Authenticate": 'Basic realm="r"'})

    async with camera(answers={"DESCRIBE": ask}) as there:
        for host, welcome in (("127.0.0.1", True), ("localhost", False)):
            away = there.url.replace("127.0.0.1", host)
            async with camera(answers={"DESCRIBE": move(away)}) as here:
                if welcome:
                    async with playing(here.url, Credentials("admin", PASSWORD)) as (_, basket, _):
                        assert basket.packets
                else:
                    with pytest.raises(UnauthorizedError):
                        await run(here.url, Credentials("admin", PASSWORD))


async def test_redirects_in_a_circle_end(camera, scripted):
    async with camera() as server:
        server.answers["DESCRIBE"] = lambda _: scripted.Reply(301, "", {"Location": server.url})
        with pytest.raises(NotVideoError, match="from one address to another"):
            await run(server.url)
        assert server.methods.count("DESCRIBE") == 5


async def test_a_camera_deaf_to_tcp_is_asked_for_udp(camera):
    async with camera() as server:
        grant = server.answers["SETUP"]
        server.answers["SETUP"] = lambda r: None if "TCP" in r.fields["transport"] else grant(r)
        async with playing(server.url, open_s=0.3) as (link, _, _):
            assert link.transport == "udp"


async def test_junk_between_frames_is_skipped(camera, scripted):
    def dirty(client, unit):
        client.send(b"\xff\x00garbage\r\n$\x09\x00\x01")
        client.send_picture(unit)

    async with camera(on_picture=dirty) as server, playing(server.url, wanted=25) as (_, basket, _):
        steps = Counter(
            b.dts - a.dts for a, b in zip(basket.packets, basket.packets[1:], strict=False)
        )
        assert steps.most_common(1)[0][0] == scripted.TICKS


async def test_pictures_before_the_answer_to_play(camera, scripted):
    async with camera() as server:
        play = server.answers["PLAY"]

        def hasty(request):
            for unit in server.units[:10]:
                request.client.send_picture(unit)
            return play(request)

        server.answers["PLAY"] = hasty
        async with playing(server.url, wanted=12) as (_, basket, _):
            assert basket.packets[0].is_key
            assert [packet.is_key for packet in basket.packets[:12]].count(True) == 2


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "untold"])
async def test_other_channels_than_we_asked_for(camera, scripted, is_told):
    def grant(request):
        request.client.channel = 6
        granted = request.fields["transport"].replace("0-1", "6-7" if is_told else "0-1")
        return scripted.Reply(fields={"Session": "1", "Transport": granted})

    async with camera(answers={"SETUP": grant}) as server, playing(server.url) as (_, basket, _):
        assert basket.packets[0].is_key


@pytest.mark.parametrize("channels", ["300-301", "x", "1-99999"])
async def test_channels_that_cannot_be(camera, scripted, channels):
    def grant(request):
        fields = {"Session": "1", "Transport": f"RTP/AVP/TCP;interleaved={channels}"}
        return scripted.Reply(fields=fields)

    async with camera(answers={"SETUP": grant}) as server:
        with suppress(UnsupportedServerError):
            async with playing(server.url, transport=Transport.TCP):
                pass


async def test_the_session_is_kept_alive_by_what_the_camera_knows(camera, scripted):
    def grant(request):
        fields = {"Session": "77; timeout=2", "Transport": request.fields["transport"]}
        return scripted.Reply(fields=fields)

    def dislike(_):
        return scripted.Reply(501, "Not Implemented")

    answers = {"SETUP": grant, "GET_PARAMETER": dislike}
    async with camera(answers=answers) as server, playing(server.url) as (_, basket, task):
        while server.methods.count("OPTIONS") < 2:
            await basket.more(1)
        assert server.methods.count("GET_PARAMETER") == 1
        assert server.requests[-1].fields["session"] == "77"
        assert not task.done()


async def test_a_session_the_camera_forgot_is_lost(camera, scripted):
    def grant(request):
        fields = {"Session": "77;timeout=1", "Transport": request.fields["transport"]}
        return scripted.Reply(fields=fields)

    answers = {"SETUP": grant, "GET_PARAMETER": lambda _: scripted.Reply(454, "Session Not Found")}
    async with camera(answers=answers) as server, playing(server.url) as (_, _, task):
        with pytest.raises(StreamLostError, match="forgotten the session"):
            await task


async def test_a_nonce_that_grows_old_is_replaced(camera, scripted):
    nonces = iter(range(100))

    def answer(request, body=""):
        newest = request.client.__dict__.setdefault("nonce", f"n{next(nonces)}")
        if f'nonce="{newest}"' in request.fields.get("authorization", ""):
            request.client.nonce = f"n{next(nonces)}"
            return scripted.Reply(body=body)
        offered = f'Digest realm="r", nonce="{newest}", stale=FALSE'
        return scripted.Reply(401, "Unauthorized", {"WWW-Authenticate": offered})

    async with camera() as server:
        server.answers["DESCRIBE"] = lambda r: answer(r, scripted.description(server.units))
        server.answers["OPTIONS"] = answer
        async with playing(server.url, Credentials("u", "p")) as (_, basket, _):
            assert basket.packets
        assert server.methods.count("DESCRIBE") == 2


async def test_a_wrong_password_is_tried_once_only(camera, scripted):
    def refuse(_):
        challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n"'}
        return scripted.Reply(401, "Unauthorized", challenge)

    async with camera(answers={"DESCRIBE": refuse}) as server:
        with pytest.raises(UnauthorizedError) as caught:
            await run(server.url, Credentials("admin", PASSWORD))
        assert PASSWORD not in str(caught.value)
        signed = [r for r in server.requests if "authorization" in r.fields]
        assert len(signed) == 1


async def test_questions_of_the_camera_are_answered(camera):
    async with camera() as server, playing(server.url) as (_, basket, _):
        (client,) = server.clients
        for number, method in enumerate(("OPTIONS", "GET_PARAMETER", "DANCE")):
            client.send(f"{method} * RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
        while len(client.answers) < 3:
            await basket.more(1)
        assert [a.split()[1] for a in client.answers] == [b"200", b"200", b"501"]
        assert [f"CSeq: {n}".encode() in a for n, a in enumerate(client.answers)] == [True] * 3


@pytest.mark.parametrize("method", ["TEARDOWN", "REDIRECT"])
async def test_a_camera_that_takes_its_leave(camera, method):
    async with camera() as server, playing(server.url) as (_, _, task):
        server.clients[0].send(f"{method} * RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        with pytest.raises(StreamLostError, match=r"ended the session|moved the stream"):
            await task


async def test_a_camera_that_hangs_up(camera):
    async with camera() as server, playing(server.url) as (_, _, task):
        server.clients[0].close()
        with pytest.raises(StreamLostError, match="hung up"):
            await task


async def test_a_camera_that_hangs_up_while_it_is_asked(camera, scripted):
    def leave(request):
        request.client.close()

    async with camera(answers={"DESCRIBE": leave}) as server:
        with pytest.raises(UnreachableError, match=r"hung up.*while it was being opened"):
            await run(server.url)


async def test_a_camera_that_stops_showing_but_still_speaks(camera, scripted):
    sound = "m=audio 0 RTP/AVP 8\r\na=control:track2\r\n"
    shown = 0

    def speak(client, unit):
        nonlocal shown
        shown += 1
        if shown <= 10:
            client.send_picture(unit)
        rtp = struct.pack(">BBHII", 0x80, 8, shown, shown * 160, 1) + bytes(160)
        client.send(b"$\x02" + struct.pack(">H", len(rtp)) + rtp)

    async with camera(on_picture=speak) as server:
        body = scripted.description(server.units) + sound
        server.answers["DESCRIBE"] = lambda _: scripted.Reply(body=body)
        async with playing(server.url, with_audio=True, silence_s=0.4) as (_, _, task):
            with pytest.raises(StalledError, match="sound but no picture"):
                await task


@pytest.mark.parametrize(
    ("media", "error", "text"),
    [
        ("m=video 0 RTP/AVP 26\r\n", UnsupportedServerError, "neither H.264 nor H.265"),
        (
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n",
            UnsupportedServerError,
            "sends mpeg4, neither",
        ),
        ("m=application 0 RTP/AVP 107\r\n", NotVideoError, "holds no video"),
    ],
)
async def test_streams_that_are_not_for_us(camera, scripted, media, error, text):
    async with camera() as server:
        body = scripted.description(server.units, media)
        server.answers["DESCRIBE"] = lambda _: scripted.Reply(body=body)
        with pytest.raises(error, match=text):
            await run(server.url)


async def test_the_session_is_ended_when_nobody_wants_it(camera):
    async with camera() as server:
        async with playing(server.url):
            pass
        assert server.methods == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]


async def test_a_deaf_camera_does_not_delay_the_end(camera):
    async with camera(answers={"TEARDOWN": lambda _: None}) as server:
        async with playing(server.url):
            pass
        assert server.methods[-1] == "TEARDOWN"


async def test_datagrams_of_others_are_not_let_in(camera):
    def meddle(client, unit):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.2", 0))
            other.sendto(
                struct.pack(">BBHII", 0x80, 96, 7, 7, 7) + b"\x65" * 50,
                ("127.0.0.1", client.ports[0]),
            )
        client.send_picture(unit)

    async with camera(on_picture=meddle) as server:
        async with playing(server.url, wanted=15, transport=Transport.UDP) as (link, basket, _):
            assert link.transport == "udp"
        assert all(len(packet.data) != 54 for packet in basket.packets)


async def test_literal_ipv6_addresses(camera):
    async with camera(host="::1") as server, playing(server.url) as (_, basket, _):
        assert basket.packets
        assert server.requests[0].url == server.url


GREETINGS = {
    "a web server": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "with a web page"),
    "a bare web page": (b"<html></html>\r\n", "with a web page"),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "with something else"),
    "binary": (bytes(range(100)), "with something else"),
}


@pytest.mark.parametrize(("greeting", "text"), GREETINGS.values(), ids=GREETINGS)
async def test_what_is_no_rtsp_is_said_so(greeting, text):
    async def greet(reader, writer):
        writer.write(greeting)
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotVideoError, match=text):
            await run(f"rtsp://127.0.0.1:{port}/", open_s=2.0)


async def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableError, match="connection refused"):
            await run(f"rtsp://127.0.0.1:{taken.getsockname()[1]}/")
    with pytest.raises(UnreachableError, match="is not known"):
        await run("rtsp://no-such-camera.invalid/")


@pytest.fixture
def certificate(tmp_path):
    """Return a TLS context with a certificate that signs itself, as cameras have."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "camera.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_over_tls(camera, certificate):
    async with camera(tls=certificate) as server:
        async with playing(server.url, wanted=15) as (link, _, _):
            assert link.transport == "tcp"
        with pytest.raises(UnreachableError, match="no TLS: certificate verify failed"):
            await run(server.url, verify_tls=True)


async def test_tls_where_there_is_none(camera):
    async with camera() as server:
        with pytest.raises(UnreachableError, match="Nothing answers"):
            await run(server.url.replace("rtsp:", "rtsps:"), open_s=1.0)
