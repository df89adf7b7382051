"""Field types that the bodies of the API share."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from gateway.clock import to_iso

UtcTime = Annotated[
    datetime,
    PlainSerializer(to_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time as ISO 8601, UTC, milliseconds and Z."""


class Answer(BaseModel):
    """A body we send; frozen."""

    model_config = ConfigDict(frozen=True)


class Question(BaseModel):
    """A body we are sent; fields we do not know are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
