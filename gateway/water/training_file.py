"""How the last training of a camera's own eye went, as it is kept beside the camera's bank."""

from pydantic import TypeAdapter, ValidationError

from gateway.worker_water_api import TrainingFacts
from vision.errors import WaterError

_FACTS = TypeAdapter(TrainingFacts)


def training_to_json(training: TrainingFacts) -> bytes:
    """Return what `training_from_json` reads."""
    return _FACTS.dump_json(training)


def training_from_json(data: bytes) -> TrainingFacts:
    """Return what was kept. Raises WaterError for anything else."""
    try:
        return _FACTS.validate_json(data)
    except ValidationError as error:
        raise WaterError(
            f"a record of training cannot be read: {error.error_count()} faults"
        ) from (error)
