"""A target: somebody, or a group, that is told; and what it wishes to be told."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.errors import ConfigError
from vision.arming import Arming, OnHolidays, Weekday
from vision.errors import RuleError
from vision.types import Severity

NAME = r"^[a-z0-9][a-z0-9-]{0,31}$"
LONGEST_QUIET = timedelta(days=1)


class Occasion(StrEnum):
    """What there is to tell of a case."""

    OPENED = "opened"
    WORSENED = "worsened"
    """Its severity rose."""
    ESCALATED = "escalated"
    """督办: it is late, and a unit further up is to see to it."""
    CLOSED = "closed"
    """The condition is over; what people do about it is another matter."""


class Wishes(BaseModel):
    """What a target is told, and when; what is left empty does not restrict."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    enabled: bool = True
    unit: str = Field("", max_length=48)
    """Id of the unit whose places it hears of, with all below it; "" for the whole site. Of cases
    that are late it hears once its own level, or one above, is to see to them."""
    on: tuple[Occasion, ...] = (Occasion.OPENED, Occasion.WORSENED, Occasion.ESCALATED)
    kinds: tuple[str, ...] = Field((), max_length=200)
    least: Severity = Severity.YELLOW
    """The least severity that it is told of."""
    weekdays: tuple[Weekday, ...] = ()
    hours: tuple[str, ...] = Field((), max_length=20)
    """When it is on duty, such as "08:00-20:00": outside it is told nothing, then or later."""
    seasons: tuple[str, ...] = Field((), max_length=20)
    holidays: tuple[str, ...] = Field((), max_length=400)
    on_holidays: OnHolidays = OnHolidays.AS_USUAL
    quiet: tuple[str, ...] = Field((), max_length=20)
    """When it sleeps, such as "22:00-06:30": what comes then is told in one message at the end."""
    red_breaks_quiet: bool = True
    """Red is told at once all the same."""
    digest_s: float = Field(0.0, ge=0, le=86_400)
    """What is not red is collected for so long and told in one message; 0: at once."""
    cool_down_s: float = Field(600.0, ge=0, le=86_400)
    """Of one kind at one camera no more is told for so long, unless it is worse or late."""
    language: Literal["zh-CN", "en"] | None = None
    """None: the site's."""

    @model_validator(mode="after")
    def _calendars_are_some(self) -> Self:
        try:
            _ = self.duty, self.silence
        except RuleError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def duty(self) -> Arming:
        """When it is told anything at all."""
        return Arming(
            weekdays=self.weekdays,
            hours=self.hours,
            seasons=self.seasons,
            holidays=self.holidays,
            on_holidays=self.on_holidays,
        )

    @property
    def silence(self) -> Arming | None:
        """Its quiet hours, None without any."""
        return Arming(hours=self.quiet) if self.quiet else None

    def quiet_until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return the minute at which the quiet hours that hold now end, None outside them.

        Quiet hours that never end are taken for none.
        """
        if self.silence is None:
            return None
        calendar = self.silence.calendar(zone)
        minute = now.replace(second=0, microsecond=0)
        if not calendar.is_armed(now):
            return None
        while minute - now < LONGEST_QUIET:
            minute += timedelta(minutes=1)
            if not calendar.is_armed(minute):
                return minute
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """A target by its name. Its address is a secret of the store."""

    name: str
    wishes: Wishes


def check_name(name: str) -> None:
    """Raise ConfigError for what is no name of a target."""
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"{name!r} is no name of a target: small letters, digits, dashes")


def wishes_from_json(text: str) -> Wishes:
    """Return wishes as the store keeps them; raises ConfigError."""
    try:
        return Wishes.model_validate_json(text)
    except ValidationError as error:
        places = (".".join(map(str, one["loc"])) or "it" for one in error.errors())
        raise ConfigError(f"a target's wishes cannot be read: {', '.join(places)}") from error
