"""What can go wrong in `vision`, as types a caller can tell apart."""


class VisionError(Exception):
    """Root of every error that `vision` raises on purpose; the text is one sentence for a person."""


class ModelError(VisionError):
    """A model file is missing, altered, or not one of the layouts `vision.detector` understands."""


class RuntimeUnavailableError(VisionError):
    """The inference runtime asked for cannot run here; the text says what to install or choose."""


class RuleError(VisionError):
    """A rule or zone contradicts itself; the text names the rule and the value."""
