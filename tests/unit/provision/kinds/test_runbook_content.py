from __future__ import annotations

import pytest

from provision.change import Change
from provision.kinds import runbook_content
from provision.resource import ContentTarget, Request
from tests.fakes import ACCOUNT, InMemoryAzure
from tests.sample import SCRIPT, carried_out, drawn, planned, provisioned

KEY = f"{ACCOUNT}/runbooks/lockstep".lower()


@pytest.mark.parametrize("held", ["a\nb\n", "a\r\nb\r\n", "\ufeffa\nb", "a\rb\r", "a\nb\n\n\n"])
def test_line_ends_byte_order_mark_and_final_newlines_are_no_difference(held: str) -> None:
    assert runbook_content.normalised(held) == "a\nb\n"


@pytest.mark.parametrize("held", ["a\nb ", "a\n\nb", " a\nb", "a\nB", ""])
def test_anything_else_is_a_difference(held: str) -> None:
    assert runbook_content.normalised(held) != "a\nb\n"


def test_new_content_is_published_once_and_the_plan_shows_what_differs() -> None:
    azure = provisioned()

    made = planned(azure, script=SCRIPT + "print('more')\n")
    carried_out(azure, made)

    assert [str(change) for change in made.changes] == ["update runbook lockstep", "update runbook content lockstep"]
    assert azure.contents[KEY] == SCRIPT + "print('more')\n"
    assert [request.verb for request in azure.writes] == ["patch", "publish"]


def test_a_runbook_that_was_never_published_is_published() -> None:
    azure = provisioned()
    del azure.contents[KEY]

    assert [str(change) for change in planned(azure).changes] == ["create runbook content lockstep"]


def test_content_edited_by_hand_is_put_right() -> None:
    azure = provisioned()
    azure.contents[KEY] += "print('by hand')\n"
    carried_out(azure, planned(azure))

    assert azure.contents[KEY] == SCRIPT


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        ({"state": "Published", "content": SCRIPT.replace("\n", "\r\n")}, ""),
        ({"state": "Edit", "content": SCRIPT}, "its state is Edit, not Published"),
        ({"state": "Published", "content": SCRIPT + "#"}, "the service holds other content than was sent"),
    ],
)
def test_only_a_published_runbook_with_our_content_is_believed(answer: dict[str, str], doubt: str) -> None:
    resource = next(iter(runbook_content.desired(drawn(InMemoryAzure()))))

    assert runbook_content.doubt(Change("create", resource, ""), answer) == doubt


def test_content_that_is_there_already_is_not_sent_again() -> None:
    resource = next(iter(runbook_content.desired(drawn(InMemoryAzure()))))
    change = Change("create", resource, "")

    assert runbook_content.request(change, {"content": SCRIPT.replace("\n", "\r\n")}) is None
    assert runbook_content.request(change, None) == Request(
        "publish", ContentTarget(f"{ACCOUNT}/runbooks/lockstep"), SCRIPT
    )
