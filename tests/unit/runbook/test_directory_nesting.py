from __future__ import annotations

import pytest

from runbook.directory_nesting import LdapNesting
from runbook.outcome import Failed
from tests.unit.runbook.standins import deadline_in
from tests.unit.runbook.test_directory_entry import GUID, group_entry
from tests.unit.runbook.test_directory_session import SETTINGS, Network, Step

ABOVE = "bbbbbbbb-0000-4000-8000-000000000001"
INSIDE = [f"<GUID={ABOVE.upper()}>;<SID=S-1-5-21-1-2-3-9>;CN=Above,DC=lab".encode()]
FOUND = f"<GUID={GUID}>;<SID=S-1-5-21-1-2-3-2000>;CN=a,OU=Groups,DC=lab,DC=example"


def nesting(*steps: Step) -> tuple[LdapNesting, Network]:
    network = Network(list(steps))
    return LdapNesting(SETTINGS, network, deadline_in(600)), network


def test_groups_come_with_the_groups_they_are_in_by_one_search() -> None:
    ad, network = nesting((0, [(FOUND, group_entry(memberOf=INSIDE)), ("CN=b", group_entry(objectGUID=[b"x" * 16]))]))

    first, second = ad.nestings(frozenset({GUID, ABOVE}))

    assert (first.group.dn, first.group.domain) == ("CN=a,OU=Groups,DC=lab,DC=example", SETTINGS.domain.casefold())
    assert (first.member_of, second.member_of) == (frozenset({ABOVE}), frozenset())
    (asked,) = network.connections[0].asked
    assert asked[1] == SETTINGS.base
    assert "(|(memberOf=*)(!(memberOf=*)))" in asked[2]


def test_nothing_is_asked_about_no_group() -> None:
    ad, network = nesting()

    assert ad.nestings(frozenset()) == ()
    assert network.connections[0].asked == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ((4, []), "searching groups"),
        ((0, [(FOUND, group_entry(**{"memberOf;range=0-1499": INSIDE}))]), "more groups than AD shows at once"),
        ((0, [(FOUND, group_entry(memberOf=[b"CN=Above,DC=lab"]))]), "control 529"),
    ],
    ids=["size limit", "a part", "no GUIDs"],
)
def test_what_is_not_told_wholly_is_an_error(step: Step, said: str) -> None:
    ad, _ = nesting(step)

    with pytest.raises(Failed, match=said):
        ad.nestings(frozenset({GUID}))
