"""Prints the JSON Schema of a message: python -m gateway.dispatch.schema incident."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel

from gateway.dispatch.case_message import CASE_SCHEMA, CaseData
from gateway.dispatch.message import DATA_SCHEMA, IncidentData
from gateway.dispatch.status_message import STATUS_SCHEMA, StatusEvent


@dataclass(frozen=True, slots=True)
class Contract:
    """id: of the schema. mode: whether we write such messages, or read them."""

    id: str
    model: type[BaseModel]
    mode: Literal["serialization", "validation"] = "serialization"


SCHEMAS: Mapping[str, Contract] = MappingProxyType(
    {
        "incident": Contract(DATA_SCHEMA, IncidentData),
        "case": Contract(CASE_SCHEMA, CaseData),
        "status": Contract(STATUS_SCHEMA, StatusEvent, "validation"),
    }
)
"""Messages, to docs/schema/<name>-v1.json: the `data` of what we write, the whole of what we
read."""


def schema_text(about: str = "incident") -> str:
    """Return the schema that docs/schema/<about>-v1.json holds."""
    contract = SCHEMAS[about]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": contract.id,
        **contract.model.model_json_schema(mode=contract.mode),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(*sys.argv[1:2]))
