"""What the API needs from the rest of the process, and how its routes come by it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from gateway.casefile.pieces import Veil
from gateway.clock import utc_now
from gateway.config import LiveSettings, OnboardingSettings, ServeSettings, SiteSettings
from gateway.dial_policy import DialPolicy
from gateway.dispatch.relay import RelayState
from gateway.platform_settings import PlatformSettings
from gateway.rain_settings import RainSettings
from gateway.store import Store
from gateway.worker_client import WorkerClient
from gateway.workflow.join_settings import JoinSettings

CONSOLE_DIR = Path(__file__).parents[1] / "console"
LOCALE_DIR = Path(__file__).parents[1] / "locale"


@dataclass(frozen=True, slots=True)
class Services:
    """What the API works with; whoever starts the server opens and closes them.

    data_dir: below which the paths of evidence are meant. relay_state: how the relay fares
    at the moment. metrics_token: lets other machines than this one read /metrics. open_veil: gives
    what makes persons in exports unrecognisable. now: the time of day, UTC.
    """

    store: Store
    workers: WorkerClient
    data_dir: Path
    relay_state: Callable[[], RelayState]
    site: SiteSettings = field(default_factory=SiteSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    onboarding: OnboardingSettings = field(default_factory=OnboardingSettings)
    platform: PlatformSettings = field(default_factory=PlatformSettings)
    joins: JoinSettings = field(default_factory=JoinSettings)
    rain: RainSettings = field(default_factory=RainSettings)
    metrics_token: SecretStr | None = None
    open_veil: Callable[[], Veil] | None = None
    console_dir: Path = CONSOLE_DIR
    locale_dir: Path = LOCALE_DIR
    now: Callable[[], datetime] = utc_now

    @property
    def evidence_dir(self) -> Path:
        """The only directory that evidence is served from."""
        return self.data_dir / "evidence"

    @property
    def dial_policy(self) -> DialPolicy:
        """What people may have this machine dial."""
        return DialPolicy(self.onboarding.allowed_networks)

    def acting_as(self, username: str) -> "Services":
        """Return the same services, whose changes the audit log tells under a user's name."""
        return replace(self, store=self.store.acting_as(username))

    @property
    def version(self) -> str:
        """The version of gridpatrol that runs."""
        return version("gridpatrol")


def _services(connection: HTTPConnection) -> Services:
    return cast(Services, connection.app.state.services)


ServicesDep = Annotated[Services, Depends(_services)]
