"""What may be typed for `grant` and `render`: wishes that contradict each other reach no service."""

from __future__ import annotations

import pytest

from tests.end_to_end.scene import typed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grant"], "Missing option '--environment'"),
        (["grant", "-e", "x", "--script", "azure", "--yes"], "leave out --yes or --script"),
        (["grant", "-e", "x", "--script", "samba", "--json"], "leave out --json or --script"),
        (["grant", "-e", "x", "--script", "cmd"], "'cmd' is not one of"),
        (["grant", "-e", "x", "--credential", "password"], "'password' is not one of"),
        (["grant", "-e", "absent"], "absent"),
        (["render", "-e", "x"], "--catalog NAME, once,"),
        (["render", "-e", "x", "--catalog", "a", "--catalog", "b"], "--catalog NAME, once,"),
        (["render", "-e", "x", "--format", "bicep"], "'bicep' is not one of"),
    ],
)
def test_what_does_not_fit_together_is_told_before_anything_is_read(words: list[str], said: str) -> None:
    done = typed(*words)

    assert done.code == 1
    assert said in done.err
    assert done.out == ""
