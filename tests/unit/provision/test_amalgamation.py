from __future__ import annotations

import sys
import types

import pytest

from provision.amalgamation import LATER_NAME, AmalgamationRefused, amalgamate

NOUNS = '''"""The nouns. More of them.

Second paragraph.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

LIMIT = 3


@dataclass
class Thing:
    """A thing."""

    name: str
'''
ENTRY = '''"""The entry."""

from __future__ import annotations

import json

from toy.nouns import (
    LIMIT,
    Thing,
)


def main() -> str:
    """Says it."""
    return json.dumps([LIMIT, Thing("x").name])
'''
TOY = {"zz_nouns": '"""Z."""\n', "nouns": NOUNS, "entry": ENTRY}


def test_the_parts_run_in_one_namespace() -> None:
    text = amalgamate("toy", TOY, "entry").text

    module = sys.modules["toy_bundle"] = types.ModuleType("toy_bundle")
    try:
        exec(compile(text, "toy", "exec"), module.__dict__)  # noqa: S102 - that is what is being proved
        assert module.main() == '[3, "x"]'
    finally:
        del sys.modules["toy_bundle"]


def test_needed_modules_come_first_and_those_not_needed_last() -> None:
    made = amalgamate("toy", TOY, "entry")

    assert [(part.name, part.summary) for part in made.parts] == [
        ("nouns", "The nouns"),
        ("entry", "The entry"),
        ("zz_nouns", "Z"),
    ]
    lines = made.text.splitlines()
    assert [lines[part.line - 1] for part in made.parts] == ["# nouns.py", "# entry.py", "# zz_nouns.py"]


def test_modules_stay_as_they_are_but_for_the_dropped_imports() -> None:
    text = amalgamate("toy", TOY, "entry").text

    assert NOUNS.replace("from __future__ import annotations\n\n", "").strip() in text
    assert ENTRY.partition("def main")[2] in text
    assert "import json\n\n\ndef main()" in text
    assert "from toy" not in text
    assert text.count("from __future__") == 1


REFUSED = [
    ({"nouns": "import toy.other\n"}, "import of toy"),
    ({"nouns": "from toy import other\n"}, "from toy.module import name"),
    ({"nouns": "from . import other\n"}, "import of toy"),
    ({"nouns": "from .other import x\n"}, "import of toy"),
    ({"nouns": "from toy.entry import main as start\n"}, "from toy.module import name"),
    ({"nouns": "from toy.entry import *\n"}, "from toy.module import name"),
    ({"nouns": "def inner():\n    from toy.entry import main\n"}, "import of toy"),
    ({"nouns": "def inner():\n    import toy.entry\n"}, "import of toy"),
    ({"nouns": "from toy.absent import x\n"}, "imports absent, which is not among the modules"),
    ({"nouns": "from toy.entry import main\n"}, "in a circle"),
    ({"nouns": "from json import *\n"}, "hides which names"),
    ({"nouns": "if True:\n    LIMIT = 1\n"}, "only definitions"),
    ({"nouns": NOUNS + "print('x')\n"}, "only definitions"),
    ({"nouns": NOUNS + "# caf\u00e9\n"}, "not ASCII"),
    ({"other": "LIMIT = 4\n"}, "binds LIMIT"),
    ({"other": "LIMIT: int = 4\n"}, "binds LIMIT"),
    ({"other": "A, (B, LIMIT) = 1, (2, 3)\n"}, "binds LIMIT"),
    ({"other": "def Thing(): ...\n"}, "binds Thing"),
    ({"other": "import LIMIT\n"}, "binds LIMIT"),
    ({"other": "import ast as json\n"}, "binds json"),
    ({"other": "from os import path as dataclass\n"}, "binds dataclass"),
    ({"other": "def open(): ...\n"}, "binds open, which is a builtin"),
]


@pytest.mark.parametrize(("changes", "reason"), REFUSED)
def test_what_could_mean_something_else_in_one_file_is_refused(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(AmalgamationRefused) as refusal:
        amalgamate("toy", {**TOY, **changes}, "entry")

    assert reason in str(refusal.value)


def test_the_same_import_in_two_modules_is_no_clash() -> None:
    amalgamate("toy", {**TOY, "other": "import json\nimport os.path\n", "more": "import os\n"}, "entry")


RARE = {
    **TOY,
    "rare": '"""Rare."""\n\nfrom toy.nouns import LIMIT\nfrom toy.only import ONE\n\nBOTH = LIMIT + ONE\n',
    "only": '"""Only for rare."""\n\nONE = 1\n',
}


def test_what_only_later_modules_need_stands_last_in_a_literal_that_runs_in_the_same_namespace() -> None:
    made = amalgamate("toy", RARE, "entry", ["rare"])
    namespace = types.ModuleType("toy_rare")
    sys.modules["toy_rare"] = namespace
    exec(compile(made.text, "toy", "exec"), namespace.__dict__)  # noqa: S102 - the text under test

    assert "BOTH" not in namespace.__dict__
    assert [part.name for part in made.parts] == ["nouns", "entry", "zz_nouns", "only", "rare"]
    assert made.text.splitlines()[made.later_line - 1].startswith(f"{LATER_NAME} = r")
    lines = made.text.splitlines()
    assert [lines[part.line - 1] for part in made.parts] == [f"# {part.name}.py" for part in made.parts]

    exec(compile(getattr(namespace, LATER_NAME), "later", "exec"), namespace.__dict__)  # noqa: S102 - as above
    assert namespace.__dict__["BOTH"] == 4
    del sys.modules["toy_rare"]


def test_a_later_module_that_the_others_need_too_stands_among_them() -> None:
    sources = {**RARE, "entry": ENTRY.replace("from toy.nouns", "from toy.only import ONE\nfrom toy.nouns")}

    assert [part.name for part in amalgamate("toy", sources, "entry", ["rare"]).parts][-1] == "rare"
    assert amalgamate("toy", sources, "entry", ["only", "rare"]).text.index("ONE = 1") < 900


def test_a_later_module_may_not_end_its_literal() -> None:
    with pytest.raises(AmalgamationRefused, match="would end the literal"):
        amalgamate("toy", {**RARE, "only": "ONE = '''1'''\n"}, "entry", ["rare"])
