"""What is wrong with a value, by pydantic's types of errors: a short sentence each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_WHOLE: Final = "Give a whole number."
_NUMBER: Final = "Give a number."
_LIST: Final = "Give a list."
_OBJECT: Final = "Give an object with named fields."
_MOMENT: Final = "Give a date and time, such as 2026-05-01T08:00:00+08:00."
_DAY: Final = "Give a date, such as 2026-05-01."
_CLOCK: Final = "Give a time of day, such as 08:00."
_ADDRESS: Final = "Give a whole address, such as https://host/path."
NEEDED: Final = "This is needed."

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": NEEDED,
        "string_too_short": "Give at least {min_length} characters.",
        "string_too_long": "Give at most {max_length} characters.",
        "too_short": "Give at least {min_length}.",
        "too_long": "Give at most {max_length}.",
        "string_pattern_mismatch": "Write it in the form {pattern}.",
        "greater_than": "It must be above {gt}.",
        "greater_than_equal": "It must be {ge} or more.",
        "less_than": "It must be below {lt}.",
        "less_than_equal": "It must be {le} or less.",
        "int_parsing": _WHOLE,
        "int_type": _WHOLE,
        "int_from_float": _WHOLE,
        "float_parsing": _NUMBER,
        "float_type": _NUMBER,
        "finite_number": "Give a finite number.",
        "bool_parsing": "Say true or false.",
        "bool_type": "Say true or false.",
        "string_type": "Give text.",
        "list_type": _LIST,
        "tuple_type": _LIST,
        "set_type": _LIST,
        "frozen_set_type": _LIST,
        "dict_type": _OBJECT,
        "model_type": _OBJECT,
        "model_attributes_type": _OBJECT,
        "dataclass_type": _OBJECT,
        "literal_error": "Give one of {expected}.",
        "enum": "Give one of {expected}.",
        "union_tag_invalid": "Give one of {expected_tags}.",
        "union_tag_not_found": NEEDED,
        "json_invalid": "The body is not JSON: {error}.",
        "datetime_parsing": _MOMENT,
        "datetime_from_date_parsing": _MOMENT,
        "datetime_type": _MOMENT,
        "timezone_aware": "Give the time zone too, such as +08:00.",
        "date_parsing": _DAY,
        "date_from_datetime_parsing": _DAY,
        "date_from_datetime_inexact": _DAY,
        "date_type": _DAY,
        "time_parsing": _CLOCK,
        "time_type": _CLOCK,
        "url_parsing": _ADDRESS,
        "url_scheme": _ADDRESS,
        "url_type": _ADDRESS,
        "none_required": "Leave it empty.",
    }
)
"""The types that requests can run into; https://docs.pydantic.dev/latest/errors/validation_errors/
lists them. `value_error` is missing on purpose: our own checks say what is wrong themselves."""

_ONE_AT_LEAST: Final = frozenset({"string_too_short", "too_short"})


def sentence_for(kind: str, values: Mapping[str, object]) -> str | None:
    """Return what is wrong, None for a type that is not known. values: the bounds and the like."""
    if kind in _ONE_AT_LEAST and values.get("min_length") == 1:
        return NEEDED
    sentence = SENTENCES.get(kind)
    return None if sentence is None else sentence.format_map(values)
