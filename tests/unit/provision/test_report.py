from __future__ import annotations

import json
from typing import Any

from provision import report
from provision.plan import Plan, plan
from provision.resource import Address, ArmTarget, Owner, Reference, Resource


def resource(name: str, body: Any, owner: Owner = Owner.OURS, **more: Any) -> Resource:
    return Resource(Address("Logic App", name, "cat-1"), ArmTarget("/x", "v"), body, owner=owner, **more)


def sample() -> Plan:
    desired = [
        resource("new", {}, note="takes [the] callouts"),
        resource("changed", {"text": "a\nB\nc\n", "flag": True, "id": Reference(Address("Logic App", "new"), ("id",))}),
        resource("same", {}),
    ]
    found = [
        resource("changed", {"text": "a\nb\nc\n", "flag": None, "id": "7", "old": "x" * 200}),
        resource("same", {}),
        resource("old|app", {}),
    ]
    return plan("prod", desired, found, gone="is not in the environment file any more")


def test_the_text_tells_every_change_its_reason_and_its_differences() -> None:
    made = sample()

    assert report.text(made).splitlines() == [
        "Environment prod: 1 to create, 1 to update, 1 to delete, 1 unchanged",
        "  + Logic App new - takes [the] callouts",
        "  ~ Logic App changed - differs in flag, id, old and 1 more",
        "      flag: null -> true",
        '      id: "7" -> (known after apply: id of Logic App new)',
        f'      old: "{"x" * 99}... -> (absent)',
        "      text: 1 lines added, 1 removed",
        "      @@ -1,3 +1,3 @@",
        "       a",
        "      -b",
        "      +B",
        "       c",
        "  - Logic App old|app - is not in the environment file any more",
        f"Checksum {made.checksum}",
    ]


def test_deletions_for_the_same_reason_tell_it_once() -> None:
    made = plan("prod", [], [resource("a", {}), resource("b", {})], gone="destroy takes it back")
    one = plan("prod", [], [resource("a", {})], gone="destroy takes it back")

    assert report.text(made).splitlines()[:3] == [
        "Environment prod: 2 to delete, 0 unchanged - destroy takes it back",
        "  - Logic App b",
        "  - Logic App a",
    ]
    assert report.text(one).splitlines()[1] == "  - Logic App a - destroy takes it back"
    assert [entry["reason"] for entry in json.loads(report.machine(made))["changes"]] == ["destroy takes it back"] * 2


def test_digests_are_cut_short_for_people_only() -> None:
    before, after = (digit * 64 for digit in "ab")
    there, wanted = ({"tag": digest, "text": f"x\nsha256 {digest}\n"} for digest in (before, after))
    made = plan("prod", [resource("x", wanted)], [resource("x", there)], gone="")

    for told in (report.text(made), report.markdown(made)):
        assert f'tag: "{"a" * 12}..." -> "{"b" * 12}..."' in told
        assert f"-sha256 {'a' * 12}...\n" in told
        assert before not in told
        assert made.checksum in told
    assert json.loads(report.machine(made))["changes"][0]["differences"][0]["after"] == after


def test_markup_escapes_foreign_brackets() -> None:
    assert r"  + Logic App new - takes \[the] callouts" in report.text(sample(), markup=True)


def test_nothing_to_do_is_said_in_one_line() -> None:
    same = plan("prod", [resource("x", {})], [resource("x", {})], gone="")

    assert report.text(same) == "Environment prod: nothing to do, 1 resources are as they should be"
    assert report.done(same, "text") == "Environment prod: nothing to do, 1 unchanged"


def test_long_differences_are_cut_and_counted() -> None:
    many = plan("p", [resource("x", {f"k{n:02}": n for n in range(20)})], [resource("x", {})], gone="")
    lines = plan("p", [resource("x", {"t": "\n".join(map(str, range(99)))})], [resource("x", {"t": "-\n-"})], gone="")

    assert "      ... and 8 more differences" in report.text(many).splitlines()
    assert "      ... and 86 more lines" in report.text(lines).splitlines()


def test_the_machine_form_has_every_difference_whole_and_leaves_out_absent_sides() -> None:
    told = json.loads(report.machine(sample()))

    assert told["version"] == 1
    assert told["counts"] == {"create": 1, "update": 1, "delete": 1, "unchanged": 1}
    assert [(c["action"], c["kind"], c["name"], c["catalog"]) for c in told["changes"]] == [
        ("create", "Logic App", "new", "cat-1"),
        ("update", "Logic App", "changed", "cat-1"),
        ("delete", "Logic App", "old|app", "cat-1"),
    ]
    assert told["changes"][1]["differences"] == [
        {"path": "flag", "before": None, "after": True},
        {"path": "id", "before": "7", "after": "(known after apply: id of Logic App new)"},
        {"path": "old", "before": "x" * 200},
        {"path": "text", "before": "a\nb\nc\n", "after": "a\nB\nc\n"},
    ]


def test_markdown_is_a_table_with_the_differences_below_and_foreign_marks_escaped() -> None:
    lines = report.markdown(sample()).splitlines()

    assert "| create | Logic App new | does not exist |" in lines
    assert r"| delete | Logic App old\|app | is not in the environment file any more |" in lines
    assert "<details><summary>Logic App changed</summary>" in lines
    assert "    flag: null -> true" in lines


def test_refusals_are_in_every_form() -> None:
    made = plan("prod", [resource("x", {})], [resource("x", {}, Owner.FOREIGN, note="rename <it>")], gone="")
    refusal = "Logic App x exists, not ours: take it over with --adopt, or rename <it>"

    assert f"  ! {refusal}" in report.text(made)
    assert json.loads(report.machine(made))["refusals"] == [refusal]
    assert (
        "**Refused:** Logic App x exists, not ours: take it over with --adopt, or rename &lt;it&gt;"
        in report.markdown(made)
    )


def test_what_is_in_the_way_is_shown_with_its_differences() -> None:
    made = plan("prod", [resource("x", {"a": 1})], [resource("x", {"a": 2}, Owner.FOREIGN, note="rename it")], gone="")

    assert report.text(made).splitlines()[-2:] == [
        "  ! Logic App x exists, not ours: take it over with --adopt, or rename it",
        "      a: 2 -> 1",
    ]
    assert json.loads(report.machine(made))["foreign"] == [
        {
            "kind": "Logic App",
            "name": "x",
            "catalog": "cat-1",
            "adoptable": True,
            "reason": None,
            "differences": [{"path": "a", "before": 2, "after": 1}],
        }
    ]
    assert "    a: 2 -> 1" in report.markdown(made).splitlines()


def test_an_adoption_says_what_it_means() -> None:
    there = [resource("x", {"a": 2}, Owner.FOREIGN)]
    made = plan("prod", [resource("x", {"a": 1})], there, gone="", adopt=True)

    assert "  ~ Logic App x - adopt: from now on Lockstep's, destroy will delete it" in report.text(made)
    assert json.loads(report.machine(made))["changes"][0]["adopts"] is True


def test_done_counts_what_was_made() -> None:
    assert report.done(sample(), "text") == "Environment prod: 1 created, 1 updated, 1 deleted, 1 unchanged"
    assert json.loads(report.done(sample(), "json"))["environment"] == "prod"
