"""A command inside a story: what is shown, what passes by, what waits."""

from __future__ import annotations

import io

from provision.commands.condensed import Condensed
from provision.terminal import Terminal


def test_plans_and_warnings_are_shown_steps_pass_by_and_results_wait() -> None:
    out, err, told = io.StringIO(), io.StringIO(), list[str]()
    terminal = Condensed(Terminal(out, err), told.append)

    terminal.say("Environment x: 1 to create\n  + thing")
    terminal.warn("mind this")
    with terminal.progress("(1/1) create thing") as tell:
        tell("waiting")
    with terminal.activity("Finance") as tell:
        tell("create")
    terminal.say("(1/1) created thing")
    terminal.result("1 created")
    terminal.table(("A",), [("1",)])

    assert err.getvalue() == "Environment x: 1 to create\n  + thing\nwarning: mind this\n"
    assert told == ["(1/1) create thing", "(1/1) create thing: waiting", "Finance", "Finance: create"]
    assert (out.getvalue(), terminal.results) == ("", ["1 created"])
    assert terminal.tables == [(("A",), [("1",)])]
