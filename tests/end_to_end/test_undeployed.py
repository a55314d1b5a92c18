"""What `runs` and `status` say before anything is deployed, or has run."""

from __future__ import annotations

import shlex

from tests.end_to_end.scene import Scene


def test_without_runs_there_is_no_table_but_the_way_to_some(scene: Scene) -> None:
    bare = scene.type("runs")
    status = scene.type("status").out
    assert scene.type("apply", "--yes").code == 0
    unused = scene.type("runs", "--failed")

    assert (bare.code, bare.out, unused.code, unused.out) == (0, "", 0, "")
    apply = f"`lockstep apply -e {shlex.quote(str(scene.file))}` does it"
    assert "is deployed yet; " + apply in bare.err
    assert "nothing is deployed yet; " + apply in status
    assert "no failed runs since " in unused.err
