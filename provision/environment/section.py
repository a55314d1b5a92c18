"""What all sections of the environment file have in common: their strictness, and the checks of single values. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema


class Section(BaseModel):
    """A mapping of known keys; nothing in it changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class Shape:
    """Text of this form. `pattern` is a regular expression that Python and JSON Schema read alike; `rule` says it.

    The text itself is not shown in the message when it is `private`: somebody may have written a secret there.
    """

    pattern: str
    rule: str
    private: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def check(self, text: str) -> str:
        """The same text.

        Raises:
            ValueError: it has another form.
        """
        if not re.fullmatch(self.pattern, text):
            shown = "this" if self.private else f"'{text}'"
            raise ValueError(f"{shown} does not fit: {self.rule}")
        return text


def refuse(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raises one error for all problems, each at its own path below the value that is being checked."""
    errors = [
        InitErrorDetails(type=PydanticCustomError("located", "{message}", {"message": message}), loc=path, input=None)
        for path, message in problems
    ]
    if errors:
        raise ValidationError.from_exception_data("environment", errors)


def exactly_one(section: BaseModel, names: tuple[str, ...]) -> None:
    """Raises: ValueError unless one of these keys is there, and only one."""
    given = [name for name in names if getattr(section, name) is not None]
    if len(given) != 1:
        said = f"has {' and '.join(given)}" if given else "has none of them"
        raise ValueError(f"needs one of {', '.join(names)}, and {said}")


def named_or_given(value: Any, noun: str) -> Any:
    """A mapping as it is; a text as the id or the name that it is. `noun` says in messages what is named.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise ValueError(f"must be a {noun}'s name or id, or a mapping with one of them")  # noqa: TRY004 - as pydantic asks
    digits = value.replace("-", "")
    is_id = len(value) == 36 and len(digits) == 32 and all(letter in "0123456789abcdefABCDEF" for letter in digits)
    return {"id": value} if is_id else {"name": value}


def _local_path(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        raise ValueError("is empty; write the path of a file")
    folder = (info.context or {}).get("folder", Path())
    return folder / Path(value).expanduser()


def _lower(text: str) -> str:
    return text.lower()


def _expanded(text: str) -> str:
    return str(Path(text).expanduser()) if text.startswith("~/") else text


_HEX = "[0-9a-fA-F]"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
_PORT = r"(?::[0-9]{1,5})?"

Guid = Annotated[
    str,
    Shape(f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}", "a GUID has 32 hexadecimal digits"),
    AfterValidator(_lower),
]
HostName = Annotated[str, Shape(_HOST, "write a host name, without scheme and port")]
HttpsOrigin = Annotated[str, Shape(f"https://{_HOST}{_PORT}", "write https://host or https://host:port, no path")]
HttpsAddress = Annotated[
    str,
    Shape(f"https://{_HOST}{_PORT}(?:/[A-Za-z0-9._-]+)*", "write https://host or https://host/path, no / at the end"),
]
KeyVaultUrl = Annotated[
    str,
    Shape(
        f"https://{_HOST}{_PORT}/secrets/[0-9A-Za-z-]{{1,127}}(?:/[0-9a-f]{{32}})?",
        "write the address of a Key Vault secret, https://VAULT.vault.azure.net/secrets/NAME",
        private=True,
    ),
]
LdapUrl = Annotated[
    str,
    Shape(f"ldaps?://{_HOST}{_PORT}", "write ldaps://host:636, or ldap://host:389 for StartTLS"),
]
EnvironmentVariable = Annotated[
    str,
    Shape(
        "(?!gh[a-z]_|github_pat_)[A-Za-z_][A-Za-z0-9_]*",
        "write the name of an environment variable; the token itself has no place in this file",
        private=True,
    ),
]
LocalFile = Annotated[Path, BeforeValidator(_local_path, json_schema_input_type=str)]
WorkerFile = Annotated[
    str,
    AfterValidator(_expanded),
    Shape(r"(?:/|~/|[A-Za-z]:[\\/])[^\x00-\x1f\x7f]+", "write an absolute path, as the worker sees it"),
]
Line = Annotated[str, Shape(r"[^\x00-\x1f\x7f]+", "write one line of text")]
Text = Annotated[Line, Field(max_length=256)]
LogicAppName = Annotated[
    str, Shape("[A-Za-z0-9._()-]{1,43}", "a Logic App's name has 1 to 43 letters, digits and - . _ ( )")
]
