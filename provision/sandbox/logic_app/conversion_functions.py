"""Functions that turn one kind of value into another.

Pure, except `guid()`, which is random.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from provision.sandbox.logic_app.function import eager, string, wrong
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import compact, is_number, text_of


def _invalid(name: str) -> ExpressionError:
    return ExpressionError(
        f"The template language function '{name}' was invoked with a parameter that is not valid. The value cannot be "
        "converted to the target type."
    )


def _int(value: Any) -> int:
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    number = _decimal("int", value)
    if number != number.to_integral_value():
        raise _invalid("int")
    return int(number)


def _float(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    return float(_decimal("float", value.replace(",", "") if isinstance(value, str) else value))


def _decimal(name: str, value: Any) -> Decimal:
    if not isinstance(value, str) or not re.fullmatch(r"\s*[+-]?[\d.]+([eE][+-]?\d+)?\s*", value):
        raise _invalid(name)
    try:
        return Decimal(value.strip())
    except InvalidOperation:
        raise _invalid(name) from None


def _bool(value: Any) -> bool:
    if is_number(value) or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise _invalid("bool")


def _json(value: Any) -> Any:
    """Only standard JSON is read; Microsoft's reader also takes comments, single quotes and trailing commas."""
    text = string("json", "", value).lstrip()
    if not text:
        return None
    try:
        return json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)[0]
    except ValueError as error:
        raise ExpressionError(
            f"The template language function 'json' parameter is not valid. The provided value '{value}' cannot be "
            f"parsed: '{error}'."
        ) from None


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


def _base64(value: Any) -> str:
    if isinstance(value, dict | list):
        value = compact(value)
    if not isinstance(value, str):
        raise wrong("base64", "", "a string, an object or an array", value)
    return base64.b64encode(value.encode()).decode()


def _from_base64(value: Any) -> str:
    text = "".join(string("base64ToString", "", value).split())
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except ValueError:  # binascii.Error, or a character beyond ASCII
        raise ExpressionError(
            "The template language function 'base64ToString' was invoked with a parameter that is not valid. The value "
            "cannot be decoded from base64 representation."
        ) from None


def _guid(style: Any = "D") -> str:
    made = uuid.uuid4()
    forms = {"D": str(made), "N": made.hex, "B": f"{{{made}}}", "P": f"({made})"}
    if not isinstance(style, str) or style.upper() not in forms:
        raise ExpressionError(
            f"The template language function 'guid' format parameter '{text_of(style)}' is not supported. The "
            "supported formats are: 'N, D, B, P'."
        )
    return forms[style.upper()]


CONVERSION = (
    eager("string", 1, 1, text_of),
    eager("int", 1, 1, _int),
    eager("float", 1, 1, _float),
    eager("bool", 1, 1, _bool),
    eager("json", 1, 1, _json),
    eager("base64", 1, 1, _base64),
    eager("base64ToString", 1, 1, _from_base64),
    eager("decodeBase64", 1, 1, _from_base64),
    eager("guid", 0, 1, _guid),
)
