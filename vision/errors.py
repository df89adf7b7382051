"""What can go wrong in `vision`, as types a caller can tell apart."""


class VisionError(Exception):
    """Root of every error that `vision` raises on purpose; its text is a sentence for people."""


class ModelError(VisionError):
    """A model file is missing, altered, or not one that `vision.detector` understands."""


class RuntimeUnavailableError(VisionError):
    """The inference runtime asked for cannot run here; the text says what to install."""


class RuleError(VisionError):
    """A rule or zone contradicts itself; the text names the rule and the value."""


class WaterError(VisionError):
    """What a water part was given is damaged or does not fit it; the text names the part."""
