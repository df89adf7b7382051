"""Prints the JSON Schema of a message's `data`: python -m gateway.dispatch.schema incident."""

import json
import sys
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from gateway.dispatch.case_message import CASE_SCHEMA, CaseData
from gateway.dispatch.message import DATA_SCHEMA, IncidentData

SCHEMAS: Mapping[str, tuple[str, type[BaseModel]]] = MappingProxyType(
    {"incident": (DATA_SCHEMA, IncidentData), "case": (CASE_SCHEMA, CaseData)}
)
"""What messages are about, to the id of their schema and its model; docs/schema/<name>-v1.json."""


def schema_text(about: str = "incident") -> str:
    """Return the schema that docs/schema/<about>-v1.json holds."""
    name, model = SCHEMAS[about]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        **model.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(*sys.argv[1:2]))
