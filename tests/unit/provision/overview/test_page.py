"""The page is whole, asks nobody for anything, and no name in it is ever more than text."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from provision.overview.facts import Facts
from provision.overview.page import page
from tests.unit.provision.overview.reading import Read
from tests.unit.provision.overview.worlds import large, renamed, small

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' style='x' {{ 7*7 }} {% raw %}",
    "<!-- ]]> &amp; &lt;",
    "</style><link rel=stylesheet href=//evil.example/x.css>",
    "javascript:alert(1)",
)


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_tables_say_what_was_found() -> None:
    read = Read(page(small(), "1.2.3"))

    assert read.row("packages", "Finance analyst") == {
        "access package": "Finance analyst",
        "state": "in step",
        "catalog": "Finance",
        "policies": "1",
        "live": "10",
        "over": "0",
        "groups": "Finance_Readers, Shared",
    }
    assert read.row("groups", "Shared") == {
        "group": "Shared",
        "state": "drift",
        "members": "30",
        "add": "0",
        "remove": "1",
        "withheld": "0",
        "unexplained": "0",
        "mode": "authoritative",
        "access packages": "Finance analyst, Finance manager",
    }
    drift = read.row("drift", "person.0001@lab.example")
    assert (drift["change"], drift["group"], drift["access package"]) == ("add", "Finance_Readers", "Finance analyst")
    assert (drift["why"], drift["since"]) == ("is assigned", "2026-03-01")
    assert read.row("rules", "removals per run")["in force"] == "at most 500, at most 10 % of 50 or more"
    assert "Nobody." in read.texts["pending"]
    assert "Lockstep 1.2.3" in read.texts["rules"]
    assert read.tags.count("path") == 4


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_more_than_text(name: str) -> None:
    plain, hostile = Read(page(renamed("Plain"), "1")), Read(page(renamed(name), "1"))

    assert hostile.tags == plain.tags
    assert hostile.handlers == plain.handlers == []
    assert hostile.scripts == plain.scripts
    assert hostile.links == plain.links
    assert [row[0] for row in hostile.tables["groups"][1:]] == [name] * 3
    assert name in hostile.texts[""]


@pytest.mark.parametrize("facts", [small(), large(20, 30, 50)], ids=["small", "large"])
def test_the_page_loads_nothing_and_runs_only_its_own_script(facts: Facts) -> None:
    text = page(facts, "1")
    read = Read(text)

    assert all(link.startswith("#") for link in read.links)
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert not {"img", "link", "iframe", "object", "embed", "form", "base", "use", "image"} & {*read.tags}
    (script,), (style,) = read.scripts, read.styles
    assert read.policy == (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; base-uri 'none'; "
        "form-action 'none'"
    )


def test_every_heading_and_every_table_can_be_reached_and_read_aloud() -> None:
    text = page(large(20, 30, 50), "1")
    read = Read(text)

    assert text.count('<th scope="col"') == sum(len(rows[0]) for rows in read.tables.values())
    assert text.count('<th scope="row"') == sum(len(rows) - 1 for rows in read.tables.values())
    for link in read.links:
        assert f'id="{link[1:]}"' in text
    assert '<html lang="en">' in text


def test_what_ad_did_not_tell_is_told_as_not_known() -> None:
    facts = replace(small(), swept=None, unswept="left out with --no-worker")

    read = Read(page(facts, "1"))

    assert read.tables["groups"][0] == ["group", "state", "access packages"]
    assert read.row("groups", "Shared")["state"] == "not looked at"
    assert "Not known: left out with --no-worker" in read.texts["drift"]
    assert "AD was not looked at: left out with --no-worker" in read.texts[""]
    assert "drift" not in read.tables


def test_of_very_many_rows_the_rest_is_counted() -> None:
    read = Read(page(large(30, 60, 2100), "1"))

    assert len(read.tables["drift"]) == 2001
    assert "100 more rows are left out" in read.texts["drift"]


def test_problems_and_budgets_stand_at_the_top() -> None:
    facts = large(20, 30, 10)
    assert facts.swept
    ended = facts.swept.ended
    result = {**(ended.result or {}), "over": ["12 removals"], "problems": ["12 removals", "group x is gone"]}
    told = replace(facts, swept=replace(facts.swept, ended=replace(ended, result=result)))

    text = Read(page(told, "1")).texts[""]

    assert "Over budget: 12 removals" in text
    assert "group x is gone" in text
    assert text.count("12 removals") == 1
