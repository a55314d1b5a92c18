from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from runbook.later import use_later

TEXT = """from __future__ import annotations

RUNS.append("once")


def fail() -> None:
    raise RuntimeError(VALUE)
"""
MODULES = ("later_try.one", "later_try.two")


@pytest.fixture
def namespace() -> Iterator[dict[str, Any]]:
    """The namespace of a file that has a value, and modules for later."""
    before, names = list(sys.meta_path), {"RUNS": [], "VALUE": "x", "__file__": "/worker/lockstep.py", "__name__": "f"}
    use_later(MODULES, TEXT, 100, names)
    yield names
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.startswith("later_try")]:
        del sys.modules[name]


def test_nothing_runs_before_it_is_asked_for(namespace: dict[str, Any]) -> None:
    assert namespace["RUNS"] == []


def test_the_text_runs_once_in_the_files_own_namespace(namespace: dict[str, Any]) -> None:
    one, two = (importlib.import_module(name) for name in MODULES)

    assert namespace["RUNS"] == ["once"]
    assert one.fail is two.fail is namespace["fail"]
    assert (one.__name__, one.VALUE) == ("later_try.one", "x")


def test_a_traceback_names_the_line_of_the_file(namespace: dict[str, Any]) -> None:
    assert namespace
    with pytest.raises(RuntimeError) as error:
        importlib.import_module("later_try.one").fail()

    last = traceback.extract_tb(error.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == ("/worker/lockstep.py", 106)


def test_other_modules_are_looked_for_elsewhere(namespace: dict[str, Any]) -> None:
    assert namespace
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("later_try.three")
    assert importlib.import_module("json").dumps(1) == "1"
