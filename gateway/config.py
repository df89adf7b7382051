"""The settings of a gridpatrol process: one YAML file, overridden by GRIDPATROL_… variables.

What describes the site's cameras, rules and people lives in the database; this file only says how
the processes run. Every part gets its own section and never sees the others'.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from ruamel.yaml.comments import CommentedMap

from gateway.errors import ConfigError
from gateway.platform_settings import PlatformSettings
from gateway.rain_settings import RainSettings
from gateway.retention_settings import RetentionSettings
from gateway.section import Section
from gateway.sink_settings import SinkSettings
from gateway.workflow.join_settings import JoinSettings
from gateway.yaml_file import explain, load_yaml, merged
from vision.health import FAULT_KINDS, AlarmType, HealthLimits

ENV_PREFIX = "GRIDPATROL_"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone name such as Asia/Shanghai")
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
Language = Literal["zh-CN", "en"]


class SiteSettings(Section):
    """Who we are, in messages and on the console."""

    id: str = Field("site", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """Short name in every message's `source`: small letters, digits, dashes."""
    name: str = "gridpatrol"
    """Name shown on the console, in the site's own language."""
    time_zone: TimeZoneName = "Asia/Shanghai"
    """Zone in which people see times; everything is stored in UTC."""
    language: Language = "zh-CN"
    """Language of the console and of incident texts until a user chooses another."""

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone object."""
        return ZoneInfo(self.time_zone)


class ServeSettings(Section):
    """The console and its HTTP API."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for the whole network, behind TLS."""
    port: int = Field(8600, ge=1, le=65535)
    """TCP port to listen on."""
    root_path: str = Field("", pattern=r"^(/[\w.-]+)*$")
    """Path prefix under which a reverse proxy serves the console, such as /patrol."""
    allowed_origins: tuple[str, ...] = ()
    """Further origins (https://…) whose pages may call the API, when a proxy changes the host."""


class DatabaseSettings(Section):
    """Where cameras, incidents, cases and people are kept."""

    url: SecretStr | None = None
    """postgresql://user:password@host/name; else SQLite, in a file in data_dir."""


class QueueSettings(Section):
    """The grid dispatch queue."""

    url: SecretStr | None = None
    """redis://, rediss:// or unix://; else $REDIS_URL; else a server of our own on a socket."""
    stream: str = "grid:dispatch"
    """Redis stream that incidents are posted to."""


class AnalysisSettings(Section):
    """How pictures are looked at."""

    fps: float = Field(5.0, gt=0, le=30)
    """Pictures of each camera given to the detector each second, when the machine keeps up; when it
    does not, cameras where nothing happens are looked at less often, at least twice a minute."""
    cores: float = Field(0.0, ge=0, le=256)
    """Processor cores that analysis may use, with everything else the worker does; 0: nine tenths
    of those it may run on."""
    model: str = "nanodet-g"
    """Name in models/manifest.toml, ours or the data directory's, or the path of a model file."""
    more_models: tuple[str, ...] = ()
    """Further models, named the same way: each finds the kinds that none before it knows, and looks
    only at cameras whose rules name one of them."""
    water_models: tuple[str, ...] = ()
    """Segmentation models of Ultralytics some of whose classes are water, named the same way: each
    has a vote on where water is, beside the network that came with gridpatrol."""
    teach_at_night: bool = True
    """Whether cameras that watch water are taught eyes of their own between one and five o'clock,
    with time nobody else wants: once they know four states of their place, then weekly where they
    learnt a new one. What is taught is used only where it is better than what was there."""
    backend: Literal["auto", "openvino", "onnxruntime", "ultralytics"] = "auto"
    """Inference runtime; auto: by the model's file, OpenVINO first."""
    device: Literal["auto", "cpu", "gpu", "cuda", "tensorrt"] = "auto"
    """cpu; gpu: an Intel GPU; cuda, tensorrt: NVIDIA; auto: the best that is here."""
    precision: Literal["auto", "f32", "bf16", "f16", "int8"] = "auto"
    """auto: bf16 where the processor has it, else int8 where the model has such weights, if either
    is cheaper than f32; all three left at auto: as `gridpatrol models benchmark` found on this
    machine, where it was run."""


class RecordingSettings(Section):
    """Clips of incidents, and continuous recording of the cameras that are set to it."""

    pre_s: float = Field(5.0, ge=0, le=60)
    """Seconds of picture kept from before an incident began."""
    post_s: float = Field(5.0, ge=0, le=60)
    """Seconds recorded after it ended."""
    max_clip_s: float = Field(60.0, ge=5, le=600)
    """A clip never grows longer than this, however long the incident lasts."""
    sound: bool = True
    """Record sound too, where a camera sends it."""
    segment_s: int = Field(300, ge=10, le=3600)
    """Continuous recording begins a new file after so many seconds."""
    keep_days: float = Field(7.0, gt=0)
    """Continuous recordings older than this are deleted."""
    max_gb: float = Field(0.0, ge=0)
    """Continuous recordings beyond this are deleted, oldest first; 0: as much as the disk has."""
    evidence_keep_days: float = Field(180.0, gt=0)
    """Pictures and clips of incidents closed for longer than this are deleted."""
    evidence_max_gb: float = Field(50.0, ge=0)
    """Pictures and clips of incidents beyond this are deleted, oldest first; 0: never for size."""
    counts_keep_days: float = Field(1100.0, gt=0)
    """Traffic counts older than this are deleted; they are small."""
    min_free_mb: int = Field(500, ge=0)
    """With less free disk than this the oldest continuous recordings are deleted; below three
    quarters of it continuous recording stops, below half no clips are begun. Incidents and their
    pictures are always kept."""


def _port_range(text: str) -> str:
    first, _, last = text.partition("-")
    if not 1024 <= int(first) <= int(last) <= 65535:
        raise ValueError(f"{text!r} is not FIRST-LAST between 1024 and 65535, such as 50000-50199")
    return text


PortRange = Annotated[str, Field(pattern=r"^\d{4,5}-\d{4,5}$"), AfterValidator(_port_range)]


class LiveSettings(Section):
    """Live pictures in the browser (WHEP)."""

    bind_hosts: tuple[str, ...] = ()
    """Addresses media is sent from and offered at; by default all of the machine's own."""
    announced_hosts: tuple[str, ...] = ()
    """Further addresses told to players, for a router that forwards the UDP ports to here."""
    udp_ports: PortRange | None = None
    """Ports media is sent from, such as 50000-50199, one a viewer and address; by default any."""
    stun_url: str | None = Field(None, pattern=r"^stun:[^?]+$")
    """stun:host:port of a server that tells this machine and players their outer address."""
    turn_url: str | None = Field(None, pattern=r"^turns?:.+$")
    """turn:host:port?transport=udp or turns:… of a relay for networks that let no UDP through."""
    turn_username: str = ""
    """User of the relay; this machine uses it, and players are told it."""
    turn_password: SecretStr | None = None
    """Password that goes with turn_username."""
    turn_secret: SecretStr | None = None
    """Instead of both: the secret shared with the relay (coturn's use-auth-secret), from which
    credentials that last a day are made."""
    max_viewers: int = Field(64, ge=1)
    """Live pictures one worker sends at once; one more is refused with a clear message."""
    max_transcodes: int = Field(2, ge=0)
    """Cameras one worker transcodes at once for players that cannot play their stream; 0: none."""
    transcode_width: int = Field(1280, ge=160, le=3840)
    """Widest transcoded picture, pixels; larger streams are made smaller, none larger."""
    transcode_height: int = Field(720, ge=90, le=2160)
    """Highest transcoded picture, pixels."""
    transcode_fps: float = Field(15.0, ge=1, le=30)
    """Most transcoded pictures a second."""
    transcode_kbps: int = Field(1500, ge=100, le=20_000)
    """Most kilobits a second of a transcoded stream."""

    @model_validator(mode="after")
    def _relay_is_whole(self) -> Self:
        named = bool(self.turn_username and self.turn_password)
        if self.turn_url and named == (self.turn_secret is not None):
            raise ValueError("turn_url needs turn_username and turn_password, or turn_secret alone")
        return self

    @property
    def ports(self) -> range:
        """Return the ports media may be sent from; empty: any."""
        if self.udp_ports is None:
            return range(0)
        first, _, last = self.udp_ports.partition("-")
        return range(int(first), int(last) + 1)


def _known_fault(kind: str) -> str:
    if kind not in FAULT_KINDS:
        raise ValueError(f"{kind!r} is not a kind of fault: {', '.join(sorted(FAULT_KINDS))}")
    return kind


FaultKind = Annotated[str, AfterValidator(_known_fault)]


class HealthSettings(Section):
    """Cameras and the site watched over: what is a fault, and when it becomes an incident."""

    off: tuple[FaultKind, ...] = ()
    """Kinds of fault that never become incidents, such as camera_dark where no lamp burns."""
    alarms: tuple[AlarmType, ...] = (AlarmType.TAMPER, AlarmType.LINE, AlarmType.DIGITAL_INPUT)
    """Which of the cameras' own alarms become incidents; motion would be one for every leaf."""
    offline_s: float = Field(45.0, ge=5, le=3600)
    """A camera without pictures for so long is an incident; longer than a reboot of your cameras
    if those are not to be told."""
    unit_share: float = Field(0.6, gt=0, le=1)
    """When this share of a unit's cameras is lost together, and at least unit_least of them, that
    is one incident of the unit instead of one of each camera."""
    unit_least: int = Field(3, ge=2)
    """See unit_share."""
    frozen_s: float = Field(60.0, ge=10, le=3600)
    """Pictures that stay the same for so long, while packets come, are frozen."""
    accept_view_s: float = Field(1800.0, ge=60, le=86_400)
    """A view that has been another for so long is taken for the camera's own; the incident ends."""
    clock_off_s: float = Field(60.0, ge=1, le=86_400)
    """A camera's clock may be wrong by so much."""
    gop_s: float = Field(12.0, ge=1, le=120)
    """Key frames further apart than this are told: viewers and analysis wait for them."""
    lost_ratio: float = Field(0.05, gt=0, le=1)
    """Share of a minute's pictures that may be lost to damage."""
    disk_free_mb: int = Field(2000, ge=0)
    """Less free disk than this is an incident; keep it above recording.min_free_mb, so that people
    hear of it before clips are left out."""

    @property
    def limits(self) -> HealthLimits:
        """Return what counts as a fault of a camera."""
        return HealthLimits(
            frozen_s=self.frozen_s,
            accept_view_s=self.accept_view_s,
            clock_off_s=self.clock_off_s,
            gop_s=self.gop_s,
            lost_ratio=self.lost_ratio,
            alarms=frozenset(self.alarms),
        )


class CasesSettings(Section):
    """What is done about incidents, step by step."""

    trusted_kinds: tuple[str, ...] = ()
    """Kinds of incident, such as waterlogging, whose red ones need no screening by people."""


class TalkSettings(Section):
    """Speaking through the loudspeakers of cameras, from the console."""

    max_s: float = Field(60.0, ge=5, le=600)
    """A talk ends by itself after so many seconds; the next may begin at once."""


class WorkerSettings(Section):
    """The processes that own cameras."""

    count: int = Field(0, ge=0, le=64)
    """Number of worker processes; cameras are spread over them. 0: one for each hundred cameras
    that are there at the start, but no more than processor cores."""


class OnboardingSettings(Section):
    """Finding cameras and taking them in."""

    interfaces: tuple[str, ...] = ()
    """Network interfaces searched by multicast, such as eth0; by default every one."""
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (80, 8000, 8080, 8899, 554)
    """Ports asked at each address of a range."""
    max_hosts: int = Field(1024, ge=1, le=65536)
    """Addresses asked in one search."""
    connections_per_s: float = Field(50.0, gt=0, le=1000)
    """Connections a search makes each second, over all addresses."""
    allowed_networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks the console may dial although they are link-local or a cloud's own."""


class LogSettings(Section):
    """What is written about the running."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important kind of line that is written."""
    format: Literal["auto", "json", "text"] = "auto"
    """auto: text on a terminal, JSON lines elsewhere."""


class Settings(BaseSettings):
    """All settings of one machine; frozen."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
    )

    data_dir: Path = Path("var")
    """Everything gridpatrol writes: database, evidence, queue, keys, logs."""
    site: SiteSettings = SiteSettings()
    serve: ServeSettings = ServeSettings()
    database: DatabaseSettings = DatabaseSettings()
    queue: QueueSettings = QueueSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    recording: RecordingSettings = RecordingSettings()
    retention: RetentionSettings = RetentionSettings()
    live: LiveSettings = LiveSettings()
    cases: CasesSettings = CasesSettings()
    platform: PlatformSettings = PlatformSettings()
    joins: JoinSettings = JoinSettings()
    rain: RainSettings = RainSettings()
    talk: TalkSettings = TalkSettings()
    health: HealthSettings = HealthSettings()
    worker: WorkerSettings = WorkerSettings()
    onboarding: OnboardingSettings = OnboardingSettings()
    sinks: SinkSettings = SinkSettings()
    log: LogSettings = LogSettings()

    @property
    def evidence_dir(self) -> Path:
        """Where pictures and clips of incidents are kept."""
        return self.data_dir / "evidence"

    @property
    def database_url(self) -> str:
        """URL of the store, with its password."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'gridpatrol.db'}"

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Return settings from file values with the environment laid over them.

        Raises pydantic.ValidationError.
        """
        return cls.model_validate(merged(values, EnvSettingsSource(cls)()))


def load_settings(path: Path | None) -> Settings:
    """Return the settings of a file (None: the defaults), overridden by the environment.

    Raises ConfigError with a line for each mistake: file, line, key, and the likely word.
    """
    document = load_yaml(path) if path else CommentedMap()
    try:
        return Settings.from_mapping(document)
    except ValidationError as error:
        where = path or Path(f"environment ({ENV_PREFIX}…)")
        raise ConfigError(explain(where, document, Settings, error)) from error


def redis_url(settings: QueueSettings) -> str | None:
    """Return the address of an existing queue: from the settings, else $REDIS_URL, else None."""
    if settings.url is not None:
        return settings.url.get_secret_value()
    return os.environ.get("REDIS_URL") or None
