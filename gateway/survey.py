"""What onboarding measured of a camera, and how it is kept: as JSON beside the camera."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from gateway.clock import utc_now
from gateway.probe import ProbeReport


@dataclass(frozen=True, slots=True)
class Survey:
    """A camera as measured once. main, sub: its streams, None where there is none.

    sessions_allowed: how many connections to its streams it held open at once, of at most
    `gateway.session_limit.MOST` tried; None when not tried. clock_skew_s: the camera's clock by
    ONVIF minus ours. device: maker, model and firmware, as it tells them. talk: the codec its
    loudspeaker takes ("pcm_mulaw" or "pcm_alaw"), "" where it cannot be spoken through, None when
    not tried. failed: what it could not do, operation by operation.
    """

    measured_at: datetime = field(default_factory=lambda: utc_now().replace(microsecond=0))
    main: ProbeReport | None = None
    sub: ProbeReport | None = None
    sessions_allowed: int | None = None
    clock_skew_s: float | None = None
    device: str = ""
    talk: str | None = None
    failed: tuple[str, ...] = ()


_SURVEY = TypeAdapter(Survey)


def survey_to_json(survey: Survey | None) -> str:
    """Return a survey as `Camera.survey` keeps it; "" for none."""
    return "" if survey is None else _SURVEY.dump_json(survey).decode()


def survey_from_json(text: str) -> Survey | None:
    """Return a kept survey; None where there is none, or one of another version's form."""
    try:
        return _SURVEY.validate_json(text) if text else None
    except ValidationError:
        return None
