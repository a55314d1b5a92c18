from __future__ import annotations

from typing import Any

import pytest

from provision.sandbox.faults import Faults, fault_from


def test_a_fault_hits_after_some_matches_and_then_so_many_times() -> None:
    faults = Faults()
    faults.replace([fault_from({"method": "put", "path": "/jobs/", "status": 503, "after": 1, "times": 2})])
    calls = [("PUT", "/jobs/1"), ("GET", "/jobs/1"), ("PUT", "/jobs/2"), ("PUT", "/runbooks/1")]
    hits = [faults.strike(method, path) is not None for method, path in calls * 3]
    assert hits == [False, False, True, False, True, False, False, False, False, False, False, False]


def test_two_faults_on_one_path_follow_each_other() -> None:
    faults = Faults()
    faults.replace([fault_from({"path": "x", "status": "lost"}), fault_from({"path": "x", "status": 429, "after": 1})])
    struck = [faults.strike("GET", "/x") for _ in range(3)]
    assert [fault.status if fault else None for fault in struck] == ["lost", 429, None]


def test_an_empty_list_ends_all_faults() -> None:
    faults = Faults()
    faults.replace([fault_from({"path": "", "status": 500, "times": 9})])
    faults.replace([])
    assert faults.strike("GET", "/") is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "is an object"),
        ({"path": "x"}, "status must be"),
        ({"path": "x", "status": 200}, "status must be"),
        ({"path": "(", "status": 500}, "not a regular expression"),
        ({"path": "x", "status": 500, "after": -1}, "after must be"),
        ({"path": "x", "status": 500, "times": "2"}, "times must be"),
        ({"path": "x", "status": 504, "handled": 1}, "handled must be"),
        ({"path": "x", "status": 500, "wait": 1}, "no wait"),
    ],
)
def test_a_bad_fault_says_what_is_wrong(document: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fault_from(document)
