"""Prints the published JSON Schema of a message's `data`: python -m gateway.dispatch.schema."""

import json
import sys

from gateway.dispatch.message import DATA_SCHEMA, IncidentData


def schema_text() -> str:
    """Return the schema that docs/schema/incident-v1.json holds."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DATA_SCHEMA,
        **IncidentData.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
