"""The uploaded file in a process of its own, while others write: a second job for the user, and somebody by hand.

Also: somebody who comes to Entra or to AD while the job waits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.request import Request
from provision.sandbox.directory.session import Reply
from tests.integration.runbook_world import GRAPH, READERS, USER, WRITERS, World, assignment

LISTING = "/v1.0/identityGovernance/entitlementManagement/assignments"
ADA = "ada.lovelace"
REMOVED = {"stage": "assignmentRequestRemoved", "request_type": "adminRemove"}
GRANTED_WRITERS = {"access_package": WRITERS, "assignment": "99999999-9999-4999-8999-000000000002"}
ENDED_AND_GRANTED = [assignment(READERS, "expired"), assignment(WRITERS, "delivering", number=2)]


class MeddledDirectory(EmbeddedDirectory):
    """A directory in which something else happens before some operations, by kind and number: ("search", 3)."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        super().__init__(certificate, 0)
        self.before: dict[tuple[str, int], Callable[[], object]] = {}

    def _open_session(self, secure: bool) -> Callable[[Request], Reply]:  # noqa: FBT001 - as in the base
        converse = super()._open_session(secure)

        def meddled(request: Request) -> Reply:
            kind = type(request.operation).__name__.lower()
            number = 1 + sum(exchange.operation == kind for exchange in self.journal)
            self.before.pop((kind, number), lambda: None)()
            return converse(request)

        return meddled

    def member(self, group: str, account: str, *, add: bool) -> None:
        """What somebody does by hand."""
        store = self._domain.store
        with store.lock:
            entry, person = store.by_account(group), store.by_account(account)
            assert entry
            assert person
            others = [each for each in store.members(entry) if each != person.guid]
            store.set_members(entry, [*others, person.guid] if add else others)

    def hide(self, account: str) -> Callable[[], object]:
        """Takes an account away, as if it had not come yet; returns how it comes."""
        store = self._domain.store
        entry = store.by_account(account)
        assert entry
        hidden = (store._by_key.pop(entry.key), store._by_sid.pop(entry.sid), store._by_guid.pop(entry.guid))

        def come() -> None:
            store._by_key[entry.key], store._by_sid[entry.sid], store._by_guid[entry.guid] = hidden

        return come


@pytest.fixture(scope="module")
def meddled(certificates: CertificateAuthority) -> Iterator[MeddledDirectory]:
    """A directory for all tests of this file."""
    running = MeddledDirectory(certificates.server_certificate())
    running.start()
    yield running
    running.stop()


@pytest.fixture
def world(meddled: MeddledDirectory, certificates: CertificateAuthority, script: Path) -> Iterator[World]:
    """A fresh world around the uploaded runbook."""
    meddled.reset()
    meddled.before.clear()
    made = World(meddled, certificates, script)
    yield made
    made.server.stop()


def test_a_hand_that_takes_it_away_again_is_answered_once(world: World) -> None:
    world.directory.before["search", 3] = lambda: world.directory.member("Finance_Readers", ADA, add=False)

    ended = world.run()

    assert (ended.code, ended.result["outcome"], ended.result["verified"]) == (0, "done", True)
    assert sorted(ended.result["added"]) == world.groups() == ["Finance_Readers", "Finance_Reports"]
    kinds = [exchange.operation for exchange in world.directory.journal if exchange.operation != "farewell"]
    assert kinds == ["bind", *["search"] * 2, *["modify"] * 2, *["search"] * 2, "modify", "search"]


def test_a_hand_that_insists_is_told_and_not_fought(world: World) -> None:
    for number in (3, 5):
        world.directory.before["search", number] = lambda: world.directory.member("Finance_Readers", ADA, add=False)

    ended = world.run()

    assert (ended.code, ended.result["outcome"], ended.result["verified"]) == (1, "partial", False)
    assert ended.result["problems"] == ["Finance_Readers: changed by somebody else meanwhile"]
    assert world.groups() == ["Finance_Reports"]


@pytest.mark.parametrize("calls", [(REMOVED, GRANTED_WRITERS), (GRANTED_WRITERS, REMOVED)], ids=["-+", "+-"])
def test_two_jobs_for_one_user_at_once_end_where_entra_is(
    world: World, calls: tuple[dict[str, str], dict[str, str]]
) -> None:
    world.run()
    world.rows[:] = ENDED_AND_GRANTED

    with ThreadPoolExecutor(2) as workers:
        ended = list(workers.map(lambda call: world.run(**call), calls))

    assert world.groups() == ["Finance_Readers", "Finance_Writers"]
    assert [each.code for each in ended] == [0, 0]


def test_a_whole_job_between_two_operations_of_another(world: World) -> None:
    """The one that removes has read the person; the one that grants comes and goes; then it removes."""
    world.run()
    world.rows[:] = ENDED_AND_GRANTED
    before = sum(exchange.operation == "search" for exchange in world.directory.journal)
    world.directory.before["search", before + 2] = lambda: world.run(**GRANTED_WRITERS)

    ended = world.run(**REMOVED)

    assert world.groups() == ["Finance_Readers", "Finance_Writers"]
    assert (ended.code, ended.result["verified"]) == (0, True)


def test_a_list_that_lags_behind_a_grant_costs_nobody_a_group(world: World) -> None:
    world.run(**GRANTED_WRITERS)
    looks = itertools.count()

    def lagging(_: Mapping[str, str]) -> tuple[int, Any]:
        return 200, {"value": [assignment(WRITERS, "delivering", number=2)] if next(looks) else []}

    world.azure.serve(LISTING, GRAPH, lagging)
    ended = world.ask("lifecycle", user=USER)

    assert (ended.result["outcome"], ended.result["kept"]) == ("nothing_to_do", ["Finance_Readers", "Finance_Writers"])
    assert world.groups() == ["Finance_Readers", "Finance_Writers"]


def test_who_comes_to_entra_while_the_job_waits_gets_the_groups(world: World) -> None:
    world.settings["account_wait"] = 1
    looks = itertools.count()
    sid = world.directory.sid_of(ADA)
    world.azure.serve(
        f"/v1.0/users/{USER}",
        GRAPH,
        lambda _: (200, {"id": USER, "onPremisesSecurityIdentifier": sid if next(looks) else None}),
    )

    ended = world.run()

    assert (ended.code, ended.result["detail"]) == (0, "added to Finance_Readers, Finance_Reports")


def test_who_comes_to_ad_while_the_job_waits_gets_the_groups(world: World) -> None:
    world.settings["account_wait"] = 1
    sid = world.directory.sid_of(ADA)
    world.person(sid)
    world.directory.before["search", 2] = world.directory.hide(ADA)

    ended = world.run()

    assert (ended.code, ended.result["outcome"], ended.result["verified"]) == (0, "done", True)
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]


@pytest.mark.parametrize("sweep", [True, False])
def test_who_does_not_come_is_pending_and_nothing_was_changed(world: World, sweep: bool) -> None:  # noqa: FBT001 - a case
    world.settings["scheduled_sweep"] = sweep
    world.directory.hide(ADA)

    ended = world.run()

    assert (ended.code, ended.result["outcome"]) == (1, "pending")
    assert "AD has no account with SID S-1-5-21-" in ended.result["detail"]
    way = "the next sweep picks it up" if sweep else f"run 'lockstep reconcile --user {USER} -e test' when"
    assert f"nothing was changed; {way}" in ended.result["detail"]
    assert "modify" not in {exchange.operation for exchange in world.directory.journal}


def test_what_was_changed_is_written_down_in_the_output(world: World) -> None:
    ended = world.run()

    lines = [line for line in ended.output.splitlines() if line.startswith("LOCKSTEP-RECORD ")]
    assert len(lines) == 2
    assert all(f'"dc":"{world.directory.url}"' in line and READERS in line for line in lines)
