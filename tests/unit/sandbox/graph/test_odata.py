from __future__ import annotations

import pytest

from provision.sandbox.graph.odata import Options, Shape, options_of, shape_of, skip_token
from provision.sandbox.service import Call, Refusal

PACKAGE = "accessPackage"


def options(**query: str) -> Options:
    call = Call("GET", "/x", {}, {f"${name}": value for name, value in query.items()}, {}, b"", "https://127.0.0.1")
    return options_of(call, PACKAGE, {"displayName": "eq"})


def test_without_options_everything_but_navigations_is_meant() -> None:
    assert options() == Options(Shape())


def test_select_and_nested_expand_become_a_shape() -> None:
    expand = "catalog($select=id,displayName;$expand=customWorkflowExtensions),assignmentPolicies"
    assert options(select="id, displayName", expand=expand).shape == Shape(
        frozenset({"id", "displayName"}),
        {
            "catalog": Shape(frozenset({"id", "displayName"}), {"customWorkflowExtensions": Shape()}),
            "assignmentPolicies": Shape(),
        },
    )


def test_a_skip_token_continues_after_a_row() -> None:
    assert options(skiptoken=skip_token(42)).after == 42


@pytest.mark.parametrize(
    ("query", "status", "complaint"),
    [
        ({"select": "name"}, 400, "Could not find a property named 'name'"),
        ({"select": ""}, 400, "has no value"),
        ({"expand": "displayName"}, 400, "not a navigation property"),
        ({"expand": "catalogs"}, 400, "Could not find a property named 'catalogs'"),
        ({"expand": "catalog/accessPackages"}, 400, "Could not find a property"),
        ({"expand": "catalog($select=id"}, 400, "unbalanced"),
        ({"expand": "catalog(select=id)"}, 400, "'select' is not supported"),
        ({"expand": "catalog($filter=id eq 'x')"}, 400, "'$filter' is not supported"),
        ({"expand": "catalog($top=1)"}, 400, "'$top' is not supported"),
        ({"filter": "displayName eq x"}, 400, "single quotes"),
        ({"top": "0"}, 400, "$top"),
        ({"top": "1000"}, 400, "$top"),
        ({"top": "many"}, 400, "$top"),
        ({"count": "yes"}, 400, "$count"),
        ({"skiptoken": "2"}, 400, "$skiptoken"),
        ({"skiptoken": "xyz="}, 400, "$skiptoken"),
        ({"fliter": "displayName eq 'x'"}, 400, "'$fliter' is not supported"),
        ({"orderby": "displayName"}, 501, "does not play"),
        ({"search": '"x"'}, 501, "does not play"),
    ],
)
def test_what_cannot_be_answered_is_refused(query: dict[str, str], status: int, complaint: str) -> None:
    with pytest.raises(Refusal) as refused:
        options(**query)
    assert refused.value.status == status
    assert complaint in refused.value.message


@pytest.mark.parametrize("name", ["$filter", "$top", "$skiptoken", "$count", "api-version", "select"])
def test_one_entity_takes_only_select_and_expand(name: str) -> None:
    call = Call("GET", "/x", {}, {name: "true"}, {}, b"", "https://127.0.0.1")
    with pytest.raises(Refusal) as refused:
        shape_of(call, PACKAGE)
    assert refused.value.status == 400
