from __future__ import annotations

from provision.sandbox.graph.entity_types import Property, edm_type


def test_a_table_says_type_number_nullability_and_kind() -> None:
    found = edm_type("thing", "name:String! tags:[String] age:Int32", "parts:[part] owner:user", "entity")
    assert found.base == "entity"
    assert list(found.properties.values()) == [
        Property("name", "String", many=False, nullable=False, link=False),
        Property("tags", "String", many=True, nullable=True, link=False),
        Property("age", "Int32", many=False, nullable=True, link=False),
        Property("parts", "part", many=True, nullable=True, link=True),
        Property("owner", "user", many=False, nullable=True, link=True),
    ]
