"""What a grid platform tells of a case: a CloudEvent 1.0 in structured JSON.

The models below are the published contract; docs/schema/status-v1.json is generated from them.
"""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import BadStatusError
from gateway.workflow.case import FalseAlarm
from gateway.workflow.platform import StatusReport
from gateway.yaml_file import dotted

STATUS_SCHEMA: Final = "urn:gridpatrol:schema:status-v1"
MAX_BYTES = 64 * 1024
"""Longest message, UTF-8; the longest that the schema allows has a tenth of it."""
_SHOWN_FAULTS = 5

Status = Literal[
    "accepted", "assigned", "handling", "resolved", "closed", "rejected", "returned", "comment"
]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
_PLAIN = r"^[^\x00]*$"
"""Databases take no zero character."""


class StatusData(BaseModel):
    """What became of the case there."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    status: Status
    """The step that the platform has reached with it; "returned" leads back, "comment" nowhere."""
    by: str = Field("", max_length=80, pattern=_PLAIN)
    """Who there did it; without it, `source`."""
    note: str = Field("", max_length=2000, pattern=_PLAIN)
    """For people."""
    handler: str = Field("", max_length=80, pattern=_PLAIN)
    """Who deals with it: with "assigned" or "handling"."""
    deadline: AwareDatetime | None = None
    """Until when: with "assigned". RFC 3339."""
    reason: FalseAlarm | None = None
    """Why it is a false alarm: with "rejected"."""


class StatusEvent(BaseModel):
    """The event; attributes beside these are passed over, as CloudEvents allows more."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, use_attribute_docstrings=True
    )

    specversion: Literal["1.0"]
    id: Name
    """With `source` the same for every delivery of one message, and never used for another."""
    source: Name
    """Names the platform, such as "/grid/dongshan-county"."""
    type: Literal["gridpatrol.case.status"]
    subject: Annotated[str, Field(min_length=1, max_length=36, pattern=r"^[^\x00]+$")]
    """Id of the case, which is the incident's: `subject` of what the dispatch queue told."""
    time: AwareDatetime
    """When the status was reached there. RFC 3339."""
    site: str | None = None
    """Which site (`site.id` of its settings) is meant, where several read one queue."""
    datacontenttype: Literal["application/json"] = "application/json"
    data: StatusData

    @property
    def report(self) -> StatusReport:
        """The same for the workflow."""
        told = self.data
        return StatusReport(
            source=self.source,
            event_id=self.id,
            case_id=self.subject,
            status=told.status,
            at=self.time,
            by=told.by.strip() or self.source,
            note=told.note.strip(),
            handler=told.handler.strip(),
            deadline=told.deadline,
            reason=told.reason,
        )


def read_status(body: str | bytes) -> StatusEvent:
    """Return the message that a text holds; raises BadStatusError with each place that is wrong."""
    size = len(body.encode(errors="replace") if isinstance(body, str) else body)
    if size > MAX_BYTES:
        raise BadStatusError(f"the message has {size} bytes; {MAX_BYTES} are the most")
    try:
        return StatusEvent.model_validate_json(body)
    except ValidationError as error:
        faults = [f"{dotted(one['loc'])}: {one['msg']}" for one in error.errors()]
        more = f" and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
        raise BadStatusError(
            f"the message is none of {STATUS_SCHEMA}: {'; '.join(faults[:_SHOWN_FAULTS])}{more}"
        ) from error
