from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provision.commands.schema import text
from provision.environment import Environment
from provision.environment.schema import Guide, published

ENVIRONMENTS = Path(__file__).resolve().parents[4] / "environments"


@pytest.mark.parametrize(("of", "file"), [("environment", "schema.json"), ("mapping", "mapping.schema.json")])
def test_the_schema_for_editors_is_current(of: Any, file: str) -> None:
    assert (ENVIRONMENTS / file).read_text(encoding="utf-8") == text(of), "run `make schema`"


def test_every_key_is_described_for_editors() -> None:
    schema = published(Environment.model_json_schema())
    sections = {"environment": schema, **schema["$defs"]}

    missing = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, value in section.get("properties", {}).items()
        if not value.get("description")
    ]
    assert missing == []
    assert all(section["additionalProperties"] is False for section in sections.values())


def test_titles_are_gone_but_a_key_called_title_would_stay() -> None:
    schema = {"title": "X", "properties": {"title": {"title": "Title", "type": "string", "default": None}}}

    assert json.dumps(published(schema)["properties"]) == '{"title": {"type": "string"}}'


def test_the_guide_knows_keys_choices_and_examples() -> None:
    guide = Guide(Environment.model_json_schema())

    assert guide.keys(("directory", "servers", 0)) == ["url", "certificate_name"]
    assert guide.choices(("mapping",)) == ["environment", "github", "worker"]
    assert guide.example(("mapping", "github", "token", "key_vault")).startswith("https://")
    assert guide.keys(("catalogs", 3)) == ["id", "name", "logic_app"]
    assert guide.example(("nowhere", "at", "all")) is None
