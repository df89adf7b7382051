"""A case: an incident as people deal with it, and the words of what is done to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vision.types import Severity


class Step(StrEnum):
    """The last of the seven steps that was done, in their order."""

    DISCOVERED = "discovered"
    """源头发现: a camera, a rule or a person saw it."""
    SCREENED = "screened"
    """线索甄别: it is what it seems to be."""
    REPORTED = "reported"
    """网格上报: the dispatch queue, or the platform behind it, has it."""
    ASSIGNED = "assigned"
    """调度交办: somebody is to deal with it."""
    HANDLING = "handling"
    """部门处置: somebody deals with it."""
    VERIFIED = "verified"
    """核查反馈: it was seen to be over."""
    CLOSED = "closed"
    """系统办结: nothing more is to be done."""

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return _ORDER.index(self)


_ORDER = tuple(Step)


class Action(StrEnum):
    """What can be done to a case."""

    DISCOVER = "discover"
    """It begins with this, and never again."""
    CONFIRM = "confirm"
    REPORT = "report"
    ASSIGN = "assign"
    START = "start"
    VERIFY = "verify"
    CLOSE = "close"
    DISMISS = "dismiss"
    """It was a false alarm."""
    RECORD = "record"
    """It is true, and nothing needs to be done about it."""
    RETURN = "return"
    """It is not over: back to whoever handles it."""
    REOPEN = "reopen"
    MERGE = "merge"
    """It is the same happening as another case, which goes on for both."""
    ABSORB = "absorb"
    """Another case was merged into this one."""
    SPLIT = "split"
    """It was merged by mistake: to be screened on its own."""
    RELEASE = "release"
    """Another case was split off this one."""
    DIFFER = "differ"
    """It is not the same happening as another case, however alike they look; told of both."""
    MAY_MATCH = "may_match"
    """It may be the same happening as another case after all; told of both."""
    COMMENT = "comment"
    ESCALATE = "escalate"
    """督办: it is late, and the next level up is told."""


class Party(StrEnum):
    """In what capacity somebody acts. Operators and administrators are the roles of users."""

    CAMERA = "camera"
    POLICY = "policy"
    """A rule of the site, such as which red alarms need no screening."""
    RELAY = "relay"
    """What carries messages to the dispatch queue."""
    PLATFORM = "platform"
    """The grid platform behind the queue."""
    REPORTER = "reporter"
    """A person who reports what they see and does nothing else (信息员)."""
    OPERATOR = "operator"
    ADMIN = "admin"


class Outcome(StrEnum):
    """How a case ended."""

    RESOLVED = "resolved"
    FALSE_ALARM = "false_alarm"
    NO_ACTION = "no_action"
    MERGED = "merged"


class FalseAlarm(StrEnum):
    """Why an alarm was false (误报原因)."""

    NOTHING = "nothing"
    ANIMAL = "animal"
    PLANT = "plant"
    INSECT = "insect"
    """Insects, spider webs, dirt on the lens."""
    WEATHER = "weather"
    LIGHT = "light"
    """Headlights, reflections, shadows."""
    ALLOWED = "allowed"
    """People or vehicles that may be there."""
    CAMERA = "camera"
    """The camera's own fault, or its being moved."""
    TEST = "test"
    OTHER = "other"


class Level(StrEnum):
    """How far up the tree of units a case has been taken, the lowest first."""

    GRID = "grid"
    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user, a camera, a queue, a platform, by name; nothing is done by nobody.

    name: "cli:" before a shell's user. Raises ValueError without one.
    """

    party: Party
    name: str

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError(f"a {self.party} that acts on a case needs a name")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done to a case. handler, deadline: with ASSIGN, deadline None for the usual time.

    reason: with DISMISS. other: the other case of whatever is told of two.
    """

    action: Action
    actor: Actor
    at: datetime
    note: str = ""
    handler: str = ""
    deadline: datetime | None = None
    reason: FalseAlarm | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. id: of its incident. revision: counts what was done to it, from 0.

    since: when it came to this step. chased_at: when it was last escalated at this step. handler,
    deadline: who deals with it and until when, "" and None before. level: how far up it was taken.
    verified_by: in what capacity it was last seen to be over. merged_into: the case that goes on
    for it, while it is merged. closed_as: how bad it was when it was closed, None while it is open.
    """

    id: str
    kind: str
    severity: Severity
    step: Step
    since: datetime
    revision: int = 0
    chased_at: datetime | None = None
    handler: str = ""
    deadline: datetime | None = None
    level: Level = Level.GRID
    verified_by: Party | None = None
    outcome: Outcome | None = None
    reason: FalseAlarm | None = None
    merged_into: str | None = None
    closed_as: Severity | None = None
