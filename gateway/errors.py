"""Errors of the edges: what failed, where, what to do; each has an exit code."""

from typing import ClassVar


class GatewayError(Exception):
    """Root of every error that `gateway` raises on purpose; the text is one sentence for a person.

    code: a stable word for scripts, logs and the console's catalogue. exit_code: what the command
    line returns; the table is in docs/commands.md.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class ConfigError(GatewayError):
    """A settings, rules or inventory file is wrong; the text gives file, line and a suggestion."""

    code = "bad_config"
    exit_code = 3


class UnreachableError(GatewayError):
    """Nothing answers at a camera's address: no route, refused, name unknown, or silence."""

    code = "unreachable"
    exit_code = 4


class UnauthorizedError(GatewayError):
    """The camera answered and refused the user or password."""

    code = "unauthorized"
    exit_code = 5


class NotVideoError(GatewayError):
    """Something answered, but not with video: another protocol, audio only, an empty file."""

    code = "not_video"
    exit_code = 6


class StreamLostError(GatewayError):
    """A stream that was running ended or fell silent."""

    code = "stream_lost"
    exit_code = 7


class StalledError(StreamLostError):
    """A stream is still connected, but no picture has come for longer than it ever should."""

    code = "stalled"


class UnsupportedServerError(GatewayError):
    """Our RTSP client cannot speak to this server; FFmpeg is then tried in its place."""

    code = "unsupported_server"
    exit_code = 18


class OnvifError(GatewayError):
    """An ONVIF device answered an operation with a fault or with nonsense."""

    code = "onvif_fault"
    exit_code = 8


class StreamSharedError(GatewayError):
    """A stream serves for more than analysis, so it is tuned only when that is accepted."""

    code = "stream_shared"
    exit_code = 34


class SinkUnreachableError(GatewayError):
    """A sink of the dispatch queue takes nothing now; what it should have waits in the outbox.

    retry_after_s: what the sink asks for, None: nothing.
    """

    code = "sink_unreachable"
    exit_code = 20

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class QueueUnreachableError(SinkUnreachableError):
    """The dispatch queue cannot be reached; incidents wait in the outbox."""

    code = "queue_unreachable"
    exit_code = 9


class QueueLostError(QueueUnreachableError):
    """The dispatch queue answers, and has lost messages that it had taken.

    kept_to: the last queue id of ours that it still knows, "" for none.
    """

    def __init__(self, message: str, kept_to: str) -> None:
        super().__init__(message)
        self.kept_to = kept_to


class StorageError(GatewayError):
    """The disk or the database refuses: full, read-only, from a newer version."""

    code = "storage"
    exit_code = 10


class SpanTooLongError(GatewayError):
    """A question is about more time than can be answered at once; the text says what to ask."""

    code = "span_too_long"


class NotExportableError(GatewayError):
    """No one film can hold a span, or nobody can be blurred; the text says what to do."""

    code = "not_exportable"
    exit_code = 19


class PortTakenError(GatewayError):
    """Another program already listens where this one should."""

    code = "port_taken"
    exit_code = 11


class MissingExtraError(GatewayError):
    """An optional part is not installed; the text gives the exact command."""

    code = "missing_extra"
    exit_code = 12


class NotFoundError(GatewayError):
    """No camera, incident, file or session has the name given."""

    code = "not_found"
    exit_code = 13


class NotPlayableError(GatewayError):
    """Browsers cannot play this stream as it is (H.265, B-frames); ask for pictures instead."""

    code = "not_playable"


class TranscodesFullError(NotPlayableError):
    """A stream would have to be transcoded, and the worker already transcodes all it may."""

    code = "transcodes_full"


class NoPictureError(GatewayError):
    """A camera is known and has not given a picture yet."""

    code = "no_picture"


class GroundUnseenError(GatewayError):
    """A camera gives pictures, and has not seen the ground in them of late."""

    code = "ground_unseen"


class BadOfferError(GatewayError):
    """A viewer's WebRTC offer cannot be understood or asks for no video."""

    code = "bad_offer"


class IceRestartError(GatewayError):
    """A player wants to begin ICE anew within its session, which is not supported."""

    code = "ice_restart"


class BusyError(GatewayError):
    """A limit of this machine is reached, such as the number of viewers."""

    code = "busy"


class TalkBusyError(BusyError):
    """Somebody else is speaking through a camera; the text says who, and since when."""

    code = "talk_busy"


class NoTalkError(GatewayError):
    """A camera offers no way to speak through it, or none that is understood here."""

    code = "no_talk"


class WorkerUnreachableError(GatewayError):
    """The worker that owns a camera does not answer; the supervisor is starting it again."""

    code = "worker_unreachable"


class PasswordRefusedError(GatewayError):
    """A person's password cannot be changed: the old one is wrong, or the new one too easy."""

    code = "password_refused"
    exit_code = 14


class DatasetError(GatewayError):
    """A folder of labelled pictures cannot be used; the text gives the file, and the line."""

    code = "bad_dataset"
    exit_code = 15


class StepRefusedError(GatewayError):
    """A step of a case may not be taken: not from where it stands, not by this actor, not so."""

    code = "step_refused"
    exit_code = 21


class CaseChangedError(GatewayError):
    """Somebody else changed a case meanwhile; the text says who did what, and when."""

    code = "case_changed"
    exit_code = 22


class BadUploadError(GatewayError):
    """A file that somebody sent is too large, damaged, or of a kind that is not taken."""

    code = "bad_upload"
    exit_code = 27


class RoundRefusedError(GatewayError):
    """Something may not be done to a patrol round now; the text says why."""

    code = "round_refused"
    exit_code = 28


class BadStatusError(GatewayError):
    """A message of a grid platform is none that we understand; the text says where and why."""

    code = "bad_status"


class RainFeedError(GatewayError):
    """A weather service or rain gauge cannot be asked, or its answer not be understood."""

    code = "rain_feed"
    exit_code = 33


class TamperedError(GatewayError):
    """What is kept is not what was recorded: a record, a file or a manifest was changed or lost."""

    code = "tampered"
    exit_code = 31


class NotToldError(GatewayError):
    """A service did not take what somebody was to be told; the text gives its reason."""

    code = "not_told"
