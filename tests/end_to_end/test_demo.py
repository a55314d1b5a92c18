"""`lockstep demo` from its beginning to its end, as a newcomer types it."""

from __future__ import annotations

import io
import re

from provision.commands.demo import demo
from provision.terminal import Terminal


def test_the_demo_tells_the_whole_story_and_leaves_nothing() -> None:
    out, err = io.StringIO(), io.StringIO()

    code = demo(Terminal(out, err), "embedded", False)  # noqa: FBT003 - nothing is kept

    told = out.getvalue()
    assert code == 0
    assert re.findall(r"^(\d+)\. ", told, re.MULTILINE) == [str(step) for step in range(1, 15)]
    created = re.search(r"Environment sandbox: (\d+) created, 0 unchanged", told)
    assert created
    assert f"nothing to do, {created[1]} resources" in told
    assert re.search(r"Environment sandbox: \d+ checks, \d+ fine, 1 to look at$", told, re.MULTILINE)
    assert "runbook        pending" in told
    assert re.search(r"^Eng_Repo +- +member$", told, re.MULTILINE)
    assert re.search(r"^remove +Eng_Repo +alan.turing +the assignment of Engineer has ended ", told, re.MULTILINE)
    assert "\nremoved 3 memberships in 3 groups; " in told
    assert re.search(r"^[-\d]+ [:\d]+  Lifecycle Workflows  Succeeded  Completed  done ", told, re.MULTILINE)
    assert re.search(r"Environment sandbox: \d+ deleted, nothing left", told)
    assert "NOT as before" not in told
    assert err.getvalue().count("to create") == 1
