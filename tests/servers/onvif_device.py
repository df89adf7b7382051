"""An ONVIF device over real HTTP: PTZ, imaging, clock, encoder, Media2 and PullPoint events.

It checks WS-UsernameToken (ONVIF Core Specification §5.9.1) or HTTP digest on every question but
the time, keeps state, and can be told to misbehave. The addresses it tells of itself reach nobody,
as those of a camera behind NAT.

`python onvif_device.py HOST PORT` serves one by itself and prints "ready". Each line on its
standard input is the name of an operation that is answered with broken XML from then on; an empty
line mends them all, and lets the device tell of a tampering hand.
"""

import base64
import hashlib
import http.server
import re
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.request import parse_http_list, parse_keqv_list

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "n": "http://docs.oasis-open.org/wsn/b-2",
    "t1": "http://www.onvif.org/ver10/topics",
    "ds": "http://www.onvif.org/ver10/device/wsdl",
    "md": "http://www.onvif.org/ver10/media/wsdl",
    "m2": "http://www.onvif.org/ver20/media/wsdl",
    "pt": "http://www.onvif.org/ver20/ptz/wsdl",
    "im": "http://www.onvif.org/ver20/imaging/wsdl",
    "ev": "http://www.onvif.org/ver10/events/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
SERVICES = {"ds": "device", "md": "media", "m2": "media2", "pt": "ptz", "im": "imaging"}
SERVICES |= {"ev": "events"}
BODY = re.compile(r"Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")
WORDS = re.compile(r"(?<!^)(?=[A-Z])")
REALM = "an eye"
SIGNED_WITHIN = timedelta(seconds=30)
"""How far the time of a signature may be from the device's own."""

MOTION = "t1:RuleEngine/CellMotionDetector/Motion"
TAMPER = "t1:RuleEngine/TamperDetector/Tamper"
SIZES = ((2560, 1440), (1280, 720), (704, 576), (640, 480), (640, 360), (480, 270), (320, 180))
"""What every encoder offers."""
MULTICAST = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port>"
    "<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
)
BROKEN = (200, '<?xml version="1.0"?><s:Envelope><s:Body><not')


def inner(text: str, name: str, default: str = "") -> str:
    """Return what stands in the first element of that name."""
    found = re.search(rf"<(?:[\w-]+:)?{name}(?:\s[^>]*)?>([^<]*)<", text)
    return found[1] if found else default


def attributes(text: str, name: str) -> dict[str, str]:
    """Return the attributes of the first element of that name."""
    found = re.search(rf"<(?:[\w-]+:)?{name}((?:\s[^>]*)?)/?>", text)
    return dict(re.findall(r'(\w+)="([^"]*)"', found[1])) if found else {}


def notification(
    topic: str = MOTION,
    data: str = '<tt:SimpleItem Name="IsMotion" Value="true"/>',
    operation: str = "Changed",
    source: str = "source-1",
    at: str = "2026-05-01T08:00:00Z",
) -> str:
    """Return one event as a device puts it."""
    how = f' PropertyOperation="{operation}"' if operation else ""
    return (
        f'<n:NotificationMessage><n:Topic Dialect="x">{topic}</n:Topic><n:Message>'
        f'<tt:Message UtcTime="{at}"{how}><tt:Source><tt:SimpleItem '
        f'Name="VideoSourceConfigurationToken" Value="{source}"/></tt:Source>'
        f"<tt:Data>{data}</tt:Data></tt:Message></n:Message></n:NotificationMessage>"
    )


@dataclass
class Encoder:
    """One encoder and the stream of the same number; codec: as Media2 spells it.

    alters: what it makes of some settings in spite of what it is told, by name.
    """

    width: int = 640
    height: int = 360
    fps: float = 25
    kbps: int = 2048
    gop: int = 50
    quality: float = 4
    constant: bool = False
    codec: str = "H264"
    alters: dict[str, int | bool] = field(default_factory=dict)

    def set(self, **told: float | bool) -> None:
        """Take new settings."""
        for name, value in (told | self.alters).items():
            setattr(self, name, value)


class RefusedError(Exception):
    """The device answers with a fault: subcode and reason."""


@dataclass
class OnvifDevice:
    """The device's state, and how it is to misbehave.

    instead: operation → what is sent in place of the answer (status, text). lacks: operations it
    does not know. clock_off: its clock minus ours. auth: "wsse" or "digest". encoders: by token,
    the large picture's first; a profile for each, "main" and then "sub". keeps_encoding: it says
    yes to new settings and does nothing. asked: operations in order. motions: what its drives did.
    """

    user: ClassVar[str] = "admin"
    password: ClassVar[str] = "right"
    told_host: ClassVar[str] = "10.9.9.9:8899"

    instead: dict[str, tuple[int, str]] = field(default_factory=dict)
    lacks: set[str] = field(default_factory=set)
    clock_off: timedelta = timedelta()
    auth: str = "wsse"
    lifetime_s: float = 600.0
    address: str = ""
    asked: list[str] = field(default_factory=list)
    motions: list[str] = field(default_factory=list)
    moving: bool = False
    presets: dict[str, str] = field(default_factory=lambda: {"p1": "gate", "p2": "road"})
    imaging: dict[str, float] = field(default_factory=lambda: {"Brightness": 50, "Contrast": 40})
    ir_cut: str = "AUTO"
    encoders: dict[str, Encoder] = field(default_factory=lambda: {"e1": Encoder()})
    keeps_encoding: bool = False
    subscriptions: dict[str, float] = field(default_factory=dict)
    queue: deque[str] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    _made: int = 0

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_off

    def tell(self, *events: str) -> None:
        """Let events happen."""
        with self.changed:
            self.queue.extend(events)
            self.changed.notify_all()

    def drop_subscriptions(self) -> None:
        """Forget everyone who listens, as after a restart."""
        with self.changed:
            self.subscriptions.clear()
            self.changed.notify_all()

    def wait_until(self, holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until something holds that questions change."""
        with self.changed:
            assert self.changed.wait_for(holds, timeout_s), self.asked

    def answer(self, request: str, path: str, authorization: str) -> tuple[int, str]:
        """Answer one question."""
        operation = BODY.search(request)[1]
        if operation in self.instead:
            self._note(operation)
            return self.instead[operation]
        try:
            if operation != "GetSystemDateAndTime":
                self._check(request, authorization)
            known = getattr(self, "on_" + WORDS.sub("_", operation).lower(), None)
            if known is None or operation in self.lacks:
                raise RefusedError("ActionNotSupported", f"{operation} is not supported")
            return 200, envelope(known(request))
        except RefusedError as refusal:
            if self.auth == "digest" and refusal.args[0] == "NotAuthorized":
                return 401, ""
            subcode, reason = refusal.args
            return 400, fault(subcode, reason)
        finally:
            self._note(operation)

    def _note(self, operation: str) -> None:
        with self.changed:
            self.asked.append(operation)
            self.changed.notify_all()

    def _check(self, request: str, authorization: str) -> None:
        fits = self._digest_fits if self.auth == "digest" else self._signature_fits
        if not fits(authorization if self.auth == "digest" else request):
            raise RefusedError("NotAuthorized", "Sender not Authorized")

    def _signature_fits(self, request: str) -> bool:
        nonce, created = inner(request, "Nonce"), inner(request, "Created")
        if inner(request, "Username") != self.user or not created:
            return False
        signed = datetime.fromisoformat(created).replace(tzinfo=UTC)
        raw = base64.b64decode(nonce) + created.encode() + self.password.encode()
        expected = base64.b64encode(hashlib.sha1(raw).digest()).decode()
        fresh = abs(signed - self.now) < SIGNED_WITHIN
        return fresh and inner(request, "Password") == expected

    def _digest_fits(self, authorization: str) -> bool:
        if not authorization.startswith("Digest "):
            return False
        told = parse_keqv_list(parse_http_list(authorization[7:]))
        ha1 = _md5(f"{self.user}:{REALM}:{self.password}")
        ha2 = _md5(f"POST:{told['uri']}")
        parts = (ha1, told["nonce"], told["nc"], told["cnonce"], told["qop"], ha2)
        return told["username"] == self.user and told["response"] == _md5(":".join(parts))

    # device

    def on_get_system_date_and_time(self, _: str) -> str:
        now = self.now
        return (
            "<ds:GetSystemDateAndTimeResponse><ds:SystemDateAndTime>"
            "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            "<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></ds:SystemDateAndTime></ds:GetSystemDateAndTimeResponse>"
        )

    def on_set_system_date_and_time(self, request: str) -> str:
        assert inner(request, "DateTimeType") == "Manual"
        assert inner(request, "TZ") == "CST-8"
        names = ("Year", "Month", "Day", "Hour", "Minute", "Second")
        told = datetime(*(int(inner(request, name)) for name in names), tzinfo=UTC)
        self.clock_off = told - datetime.now(UTC)
        return "<ds:SetSystemDateAndTimeResponse/>"

    def on_get_capabilities(self, _: str) -> str:
        places = {"Events": "events", "Imaging": "imaging", "Media": "media", "PTZ": "ptz"}
        told = "".join(
            f"<tt:{name}><tt:XAddr>http://{self.told_host}/onvif/{path}</tt:XAddr></tt:{name}>"
            for name, path in places.items()
            if name not in self.lacks
        )
        return (
            "<ds:GetCapabilitiesResponse><ds:Capabilities>"
            f"{told}</ds:Capabilities></ds:GetCapabilitiesResponse>"
        )

    def on_get_services(self, _: str) -> str:
        told = "".join(
            f"<ds:Service><ds:Namespace>{NAMES[prefix]}</ds:Namespace>"
            f"<ds:XAddr>http://{self.told_host}/onvif/{path}</ds:XAddr>"
            "<ds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></ds:Version></ds:Service>"
            for prefix, path in SERVICES.items()
            if path.upper() not in map(str.upper, self.lacks)
        )
        return f"<ds:GetServicesResponse>{told}</ds:GetServicesResponse>"

    def on_get_device_information(self, _: str) -> str:
        return (
            "<ds:GetDeviceInformationResponse><ds:Manufacturer>Acme</ds:Manufacturer>"
            "<ds:Model>Dome 3</ds:Model><ds:FirmwareVersion>1.0</ds:FirmwareVersion>"
            "<ds:SerialNumber>78</ds:SerialNumber><ds:HardwareId>h</ds:HardwareId>"
            "</ds:GetDeviceInformationResponse>"
        )

    def on_system_reboot(self, _: str) -> str:
        self.motions.append("reboot")
        return "<ds:SystemRebootResponse><ds:Message>wait</ds:Message></ds:SystemRebootResponse>"

    # media

    def _encoder(self, one: Encoder) -> str:
        """Return an encoder's settings; the first media service has no word for H.265."""
        return (
            "<tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>"
            f"<tt:Resolution><tt:Width>{one.width}</tt:Width><tt:Height>{one.height}</tt:Height>"
            f"</tt:Resolution><tt:Quality>{one.quality}</tt:Quality><tt:RateControl>"
            f"<tt:FrameRateLimit>{int(one.fps)}</tt:FrameRateLimit>"
            "<tt:EncodingInterval>1</tt:EncodingInterval>"
            f"<tt:BitrateLimit>{one.kbps}</tt:BitrateLimit></tt:RateControl>"
            f"<tt:H264><tt:GovLength>{one.gop}</tt:GovLength>"
            f"<tt:H264Profile>Main</tt:H264Profile></tt:H264>{MULTICAST}"
            "<tt:SessionTimeout>PT60S</tt:SessionTimeout>"
        )

    def _media2_encoder(self, token: str, one: Encoder) -> str:
        """Return the attributes and elements of an encoder as the second service tells them."""
        return (
            f' token="{token}" GovLength="{one.gop}" Profile="Main" AcmeBoost="7">'
            f"<tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{one.codec}"
            f"</tt:Encoding><tt:Resolution><tt:Width>{one.width}</tt:Width><tt:Height>{one.height}"
            f'</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="{_flag(one.constant)}">'
            f"<tt:FrameRateLimit>{one.fps:g}</tt:FrameRateLimit>"
            f"<tt:BitrateLimit>{one.kbps}</tt:BitrateLimit></tt:RateControl>{MULTICAST}"
            f"<tt:Quality>{one.quality}</tt:Quality>"
        )

    def on_get_profiles(self, request: str) -> str:
        if NAMES["m2"] in request:
            return self._media2_profiles()
        return f"<md:GetProfilesResponse>{self._profiles()}</md:GetProfilesResponse>"

    def _profiles(self) -> str:
        told = ""
        for name, (token, one) in zip(("main", "sub"), self.encoders.items(), strict=False):
            settings = "tt:VideoEncoderConfiguration"
            is_known = one.codec == "H264"
            described = f'<{settings} token="{token}">{self._encoder(one)}</{settings}>'
            told += (
                f'<md:Profiles token="{name}"><tt:Name>{name}</tt:Name>'
                '<tt:VideoSourceConfiguration token="v"><tt:Name>v</tt:Name><tt:UseCount>1'
                "</tt:UseCount><tt:SourceToken>lens</tt:SourceToken>"
                '<tt:Bounds x="0" y="0" width="1" height="1"/></tt:VideoSourceConfiguration>'
                f'{described if is_known else ""}<tt:PTZConfiguration token="z"><tt:Name>z'
                "</tt:Name><tt:UseCount>1</tt:UseCount><tt:NodeToken>node</tt:NodeToken>"
                "</tt:PTZConfiguration></md:Profiles>"
            )
        return told

    def _media2_profiles(self) -> str:
        told = "".join(
            f'<m2:Profiles token="{name}"><m2:Name>{name}</m2:Name><m2:Configurations>'
            '<m2:VideoSource token="v"><tt:SourceToken>lens</tt:SourceToken></m2:VideoSource>'
            f"<m2:VideoEncoder{self._media2_encoder(token, one)}</m2:VideoEncoder>"
            '<m2:PTZ token="z"><tt:NodeToken>node</tt:NodeToken></m2:PTZ>'
            "</m2:Configurations></m2:Profiles>"
            for name, (token, one) in zip(("main", "sub"), self.encoders.items(), strict=False)
        )
        return f"<m2:GetProfilesResponse>{told}</m2:GetProfilesResponse>"

    def on_get_stream_uri(self, request: str) -> str:
        uri = f"rtsp://{self.told_host.partition(':')[0]}:554/{inner(request, 'ProfileToken')}"
        return self._uri(request, "GetStreamUriResponse", uri)

    def on_get_snapshot_uri(self, request: str) -> str:
        return self._uri(request, "GetSnapshotUriResponse", f"http://{self.told_host}/shot.jpg")

    @staticmethod
    def _uri(request: str, name: str, uri: str) -> str:
        if NAMES["m2"] in request:
            return f"<m2:{name}><m2:Uri>{uri}</m2:Uri></m2:{name}>"
        rest = "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        rest += "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
        return f"<md:{name}><md:MediaUri><tt:Uri>{uri}</tt:Uri>{rest}</md:MediaUri></md:{name}>"

    def _meant(self, request: str) -> tuple[str, Encoder]:
        token = inner(request, "ConfigurationToken")
        token = token or attributes(request, "Configuration")["token"]
        if token not in self.encoders:
            raise RefusedError("NoConfig", f"there is no encoder {token}")
        return token, self.encoders[token]

    def on_get_video_encoder_configuration(self, request: str) -> str:
        token, one = self._meant(request)
        name = "md:GetVideoEncoderConfigurationResponse"
        inside = f'<md:Configuration token="{token}">{self._encoder(one)}</md:Configuration>'
        return f"<{name}>{inside}</{name}>"

    def on_get_video_encoder_configurations(self, request: str) -> str:
        """Answer Media2; all encoders, whichever was asked for, as some cameras do."""
        if "Media2" in self.lacks:
            raise RefusedError("ActionNotSupported", "it says so, and has no Media2")
        told = "".join(
            f"<m2:Configurations{self._media2_encoder(token, one)}</m2:Configurations>"
            for token, one in self.encoders.items()
        )
        name = "m2:GetVideoEncoderConfigurationsResponse"
        return f"<{name}>{told}</{name}>"

    def on_get_video_encoder_configuration_options(self, request: str) -> str:
        _, one = self._meant(request)
        if NAMES["m2"] in request:
            return self._media2_options(one)
        name = "md:GetVideoEncoderConfigurationOptionsResponse"
        spans = (
            f"{_span('GovLengthRange', 10, 100)}{_span('FrameRateRange', 6, 25)}"
            f"{_span('EncodingIntervalRange', 1, 1)}"
            "<tt:H264ProfilesSupported>Main</tt:H264ProfilesSupported>"
        )
        h264 = f"<tt:H264>{_sizes()}{spans}</tt:H264>"
        more = f"<tt:H264>{_sizes()}{spans}{_span('BitrateRange', 128, 8192)}</tt:H264>"
        return (
            f"<{name}><md:Options>{_span('QualityRange', 1, 6)}{h264}"
            f"<tt:Extension>{more}</tt:Extension></md:Options></{name}>"
        )

    def _media2_options(self, one: Encoder) -> str:
        told = "".join(
            f'<m2:Options GovLengthRange="{gops}" FrameRatesSupported="25 20 12.5 8 6 1" '
            'ProfilesSupported="Main" ConstantBitRateSupported="true">'
            f"<tt:Encoding>{codec}</tt:Encoding>{_span('QualityRange', 1, 6)}{_sizes()}"
            f"{_span('BitrateRange', 128, 8192)}</m2:Options>"
            for codec, gops in (("JPEG", "1 1"), (one.codec, "10 100"))
        )
        name = "m2:GetVideoEncoderConfigurationOptionsResponse"
        return f"<{name}>{told}</{name}>"

    def on_set_video_encoder_configuration(self, request: str) -> str:
        _, one = self._meant(request)
        is_media2 = NAMES["m2"] in request
        if is_media2:
            assert attributes(request, "Configuration")["AcmeBoost"] == "7"
            gop = int(attributes(request, "Configuration")["GovLength"])
        else:
            assert inner(request, "SessionTimeout")
            gop = int(inner(request, "GovLength"))
        width, height = int(inner(request, "Width")), int(inner(request, "Height"))
        if (width, height) not in SIZES:
            raise RefusedError("ConfigModify", f"{width}x{height} is not offered")
        if not self.keeps_encoding:
            one.set(
                width=width,
                height=height,
                fps=float(inner(request, "FrameRateLimit")),
                kbps=int(inner(request, "BitrateLimit")),
                gop=gop,
                quality=float(inner(request, "Quality")),
                constant=attributes(request, "RateControl").get("ConstantBitRate") == "true",
            )
        prefix = "m2" if is_media2 else "md"
        return f"<{prefix}:SetVideoEncoderConfigurationResponse/>"

    # drives

    def on_get_node(self, _: str) -> str:
        def space(name: str) -> str:
            span = "<tt:Min>-1</tt:Min><tt:Max>1</tt:Max>"
            ranges = f"<tt:XRange>{span}</tt:XRange>"
            if "PanTilt" in name:
                ranges += f"<tt:YRange>{span}</tt:YRange>"
            return f"<tt:{name}><tt:URI>u</tt:URI>{ranges}</tt:{name}>"

        return (
            '<pt:GetNodeResponse><pt:PTZNode token="node"><tt:Name>node</tt:Name>'
            "<tt:SupportedPTZSpaces>"
            f"{space('AbsolutePanTiltPositionSpace')}{space('ContinuousPanTiltVelocitySpace')}"
            f"{space('ContinuousZoomVelocitySpace')}</tt:SupportedPTZSpaces>"
            "<tt:MaximumNumberOfPresets>8</tt:MaximumNumberOfPresets>"
            "<tt:HomeSupported>true</tt:HomeSupported></pt:PTZNode></pt:GetNodeResponse>"
        )

    def _moved(self, text: str, response: str, *, moving: bool = True) -> str:
        with self.changed:
            self.motions.append(text)
            self.moving = moving
            self.changed.notify_all()
        return f"<pt:{response}/>"

    def on_continuous_move(self, request: str) -> str:
        turn, zoom = attributes(request, "PanTilt"), attributes(request, "Zoom")
        speeds = " ".join(str(float(one)) for one in (turn["x"], turn["y"], zoom["x"]))
        assert inner(request, "Timeout").startswith("PT")
        return self._moved(f"move {speeds}", "ContinuousMoveResponse")

    def on_absolute_move(self, request: str) -> str:
        turn = attributes(request, "PanTilt")
        assert "Zoom" not in request
        return self._moved(f"to {turn['x']} {turn['y']}", "AbsoluteMoveResponse")

    def on_stop(self, _: str) -> str:
        return self._moved("stop", "StopResponse", moving=False)

    def on_get_status(self, _: str) -> str:
        word = "MOVING" if self.moving else "IDLE"
        return (
            "<pt:GetStatusResponse><pt:PTZStatus><tt:MoveStatus>"
            f"<tt:PanTilt>{word}</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus>"
            "<tt:UtcTime>2026-05-01T08:00:00Z</tt:UtcTime></pt:PTZStatus></pt:GetStatusResponse>"
        )

    def on_get_presets(self, _: str) -> str:
        told = "".join(
            f'<pt:Preset token="{token}"><tt:Name>{name}</tt:Name></pt:Preset>'
            for token, name in self.presets.items()
        )
        return f"<pt:GetPresetsResponse>{told}</pt:GetPresetsResponse>"

    def on_set_preset(self, request: str) -> str:
        token = inner(request, "PresetToken") or f"p{len(self.presets) + 1}"
        self.presets[token] = inner(request, "PresetName")
        return (
            f"<pt:SetPresetResponse><pt:PresetToken>{token}</pt:PresetToken></pt:SetPresetResponse>"
        )

    def on_goto_preset(self, request: str) -> str:
        token = inner(request, "PresetToken")
        if token not in self.presets:
            raise RefusedError("NoToken", f"there is no preset {token}")
        return self._moved(f"preset {token}", "GotoPresetResponse", moving=False)

    def on_remove_preset(self, request: str) -> str:
        self.presets.pop(inner(request, "PresetToken"))
        return "<pt:RemovePresetResponse/>"

    def on_goto_home_position(self, _: str) -> str:
        return self._moved("home", "GotoHomePositionResponse", moving=False)

    def on_set_home_position(self, _: str) -> str:
        self.motions.append("keep home")
        return "<pt:SetHomePositionResponse/>"

    # imaging

    def on_get_imaging_settings(self, request: str) -> str:
        assert inner(request, "VideoSourceToken") == "lens"
        told = "".join(f"<tt:{name}>{value}</tt:{name}>" for name, value in self.imaging.items())
        told += f"<tt:IrCutFilter>{self.ir_cut}</tt:IrCutFilter>"
        return (
            f"<im:GetImagingSettingsResponse><im:ImagingSettings>{told}"
            "</im:ImagingSettings></im:GetImagingSettingsResponse>"
        )

    def on_get_options(self, _: str) -> str:
        spans = "".join(
            f"<tt:{name}><tt:Min>0</tt:Min><tt:Max>100</tt:Max></tt:{name}>"
            for name in self.imaging
        )
        modes = "".join(
            f"<tt:IrCutFilterModes>{one}</tt:IrCutFilterModes>" for one in ("ON", "AUTO")
        )
        return (
            f"<im:GetOptionsResponse><im:ImagingOptions>{spans}{modes}"
            "</im:ImagingOptions></im:GetOptionsResponse>"
        )

    def on_set_imaging_settings(self, request: str) -> str:
        self.imaging = {name: float(inner(request, name)) for name in self.imaging}
        self.ir_cut = inner(request, "IrCutFilter")
        return "<im:SetImagingSettingsResponse/>"

    # events

    def on_create_pull_point_subscription(self, request: str) -> str:
        assert inner(request, "InitialTerminationTime").startswith("PT")
        with self.changed:
            self._made += 1
            name = f"sub-{self._made}"
            self.subscriptions[name] = time.monotonic() + self.lifetime_s
        return (
            "<ev:CreatePullPointSubscriptionResponse><ev:SubscriptionReference><a:Address>"
            f"http://{self.told_host}/onvif/sub</a:Address><a:ReferenceParameters>"
            f'<x:Id xmlns:x="urn:acme">{name}</x:Id></a:ReferenceParameters>'
            f"</ev:SubscriptionReference>{self._times()}</ev:CreatePullPointSubscriptionResponse>"
        )

    def on_pull_messages(self, request: str) -> str:
        name = self._subscription(request)
        wait_s = float(re.search(r"PT([\d.]+)S", inner(request, "Timeout"))[1])
        with self.changed:
            self.changed.wait_for(lambda: self.queue or name not in self.subscriptions, wait_s)
            if name not in self.subscriptions:
                raise RefusedError("ResourceUnknown", "no such subscription")
            events = "".join(self.queue)
            self.queue.clear()
        return f"<ev:PullMessagesResponse>{self._times()}{events}</ev:PullMessagesResponse>"

    def on_unsubscribe(self, request: str) -> str:
        with self.changed:
            self.subscriptions.pop(self._subscription(request))
        return "<n:UnsubscribeResponse/>"

    def _subscription(self, request: str) -> str:
        name = inner(request, "Id")
        if self.subscriptions.get(name, 0.0) < time.monotonic():
            raise RefusedError("ResourceUnknown", "no such subscription")
        return name

    def _times(self) -> str:
        now, end = self.now, self.now + timedelta(seconds=self.lifetime_s)
        return (
            f"<n:CurrentTime>{now:%Y-%m-%dT%H:%M:%SZ}</n:CurrentTime>"
            f"<n:TerminationTime>{end:%Y-%m-%dT%H:%M:%SZ}</n:TerminationTime>"
        )


def envelope(body: str) -> str:
    """Return an answer around what is in its body."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
    return f'<?xml version="1.0"?><s:Envelope {names}><s:Body>{body}</s:Body></s:Envelope>'


def fault(subcode: str, reason: str) -> str:
    """Return a SOAP 1.2 fault."""
    inside = f"<s:Subcode><s:Value>ter:{subcode}</s:Value></s:Subcode>"
    code = (
        f'<s:Code xmlns:ter="http://www.onvif.org/ver10/error"><s:Value>s:Sender</s:Value>{inside}'
    )
    text = f'</s:Code><s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason>'
    return envelope(f"<s:Fault>{code}{text}</s:Fault>")


def _flag(value: bool) -> str:
    return str(value).lower()


def _span(name: str, least: int, most: int) -> str:
    return f"<tt:{name}><tt:Min>{least}</tt:Min><tt:Max>{most}</tt:Max></tt:{name}>"


def _sizes() -> str:
    return "".join(
        f"<tt:ResolutionsAvailable><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        "</tt:ResolutionsAvailable>"
        for width, height in SIZES
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def serve(
    device: OnvifDevice,
    tls: ssl.SSLContext | None = None,
    place: tuple[str, int] = ("127.0.0.1", 0),
) -> Callable[[], None]:
    """Serve a device, on a free port of loopback unless told; return what stops it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            authorization = self.headers.get("Authorization", "")
            status, text = device.answer(request, self.path, authorization)
            body = text.encode()
            self.send_response(status)
            if status == 401:
                self.send_header(
                    "WWW-Authenticate", f'Digest realm="{REALM}", nonce="n", qop="auth"'
                )
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(place, Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    device.address = f"{place[0]}:{server.server_port}"

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()
        device.drop_subscriptions()

    return stop


def main(host: str, port: int) -> None:
    device = OnvifDevice()
    serve(device, place=(host, port))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        operation = line.strip()
        if operation:
            device.instead[operation] = BROKEN
            continue
        device.instead.clear()
        data = '<tt:SimpleItem Name="IsTamper" Value="true"/>'
        device.tell(notification(TAMPER, data, at=f"{device.now:%Y-%m-%dT%H:%M:%SZ}"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
