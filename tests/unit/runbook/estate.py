"""Entra and AD in memory, alive: jobs of the runbook take turns on them, one request at a time, in a chosen order.

An `Actor` runs a whole job in a thread of its own, but only while `step` lets it: from one request to the next. So
what happens is decided by whoever calls `step`, and is the same each time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from runbook.directory import Answer, Change, Group, Person
from runbook.envelope import Envelope
from runbook.group_name import GroupName, parse_group_name
from runbook.https import Reply
from runbook.job import run
from runbook.mapping import MappedPackage, Mapping
from runbook.membership import Account, Grant, Members
from runbook.outcome import Absent, DeadlinePassed, Failed, Outcome, Pending, Refused
from runbook.safety import Budgets, Limit, Safety
from runbook.sweep import sweep
from runbook.worker import Worker
from tests.unit.runbook.standins import StandingClock, reply
from tests.unit.runbook.sweep_oracle import Facts
from tests.unit.runbook.test_everybody import USERS
from tests.unit.runbook.test_job import ALONE, ARM, CALL, ENVIRON, GRAPH, LIST, SETTINGS, VAULT, unused, variable

SWEEP = replace(ALONE, source="sweep", user="", job="", deadline=None, minutes=60, apply=True)
FREE: dict[str, dict[str, int]] = {"run": {}, "group": {}, "user": {}}


@dataclass
class Assigned:
    """One assignment in Entra; live `since` then, `until` then once it is over, in the estate's own time."""

    identifier: str
    user: str
    package: str
    since: int
    until: int = 0

    @property
    def live(self) -> bool:
        return not self.until


class Estate:
    """Packages with their groups, people with their accounts (by user id), assignments and memberships.

    `wrongs` are writes of jobs that must never happen.
    """

    def __init__(self, packages: dict[str, list[Group]], others: Iterable[Group], mode: str) -> None:
        self.packages = packages
        self.groups = tuple(dict.fromkeys([group for each in packages.values() for group in each] + list(others)))
        self.mode = mode
        self.people: dict[str, Account] = {}
        self.assignments: list[Assigned] = []
        self.members: dict[str, set[str]] = {group.guid: set() for group in self.groups}
        self.now = 0
        self.writes = 0
        self.wrongs: list[str] = []

    def grant(self, user: str, package: str) -> Assigned:
        self.now += 1
        made = Assigned(f"99999999-9999-4999-8999-{self.now:012d}", user, package, self.now)
        self.assignments.append(made)
        return made

    def end(self, assigned: Assigned) -> None:
        self.now += 1
        assigned.until = self.now

    def facts(self) -> Facts:
        """The same for the oracle."""
        mapped = [
            MappedPackage(package, tuple(parse_group_name(group.account) for group in groups), 1, 1)
            for package, groups in self.packages.items()
        ]
        return Facts(
            mapping=Mapping(tuple(mapped)),
            safety=Safety(mode=self.mode, budgets=Budgets(Limit(), Limit(), Limit())),
            groups=list(self.groups),
            members={guid: set(sids) for guid, sids in self.members.items()},
            nameless={},
            accounts={account.sid: account for account in self.people.values()},
            grants=[
                Grant(each.identifier, each.package, each.user, each.live, sid, sid)
                for each in self.assignments
                for sid in [self.people[each.user].sid]
            ],
        )

    def judge(self, group: Group, sid: str, *, add: bool, looked: int, own: bool) -> None:
        """Notes a write that is wrong whatever else happens.

        `looked` is when its job last read that membership before it read the assignments: what gave the membership
        then, and gives it still, the job must have seen. `own`: the job gave it itself, and may take it back.
        """
        (account,) = [each for each in self.people.values() if each.sid == sid]
        verb = "adding" if add else "removing"
        if account.admin_count or group.admin_count or all(group not in groups for groups in self.packages.values()):
            self.wrongs.append(f"{verb} {account.name} in {group}: not to be touched")
        held = [each for each in self.assignments if self.people[each.user].sid == sid]
        if not add and any(
            each.live and each.since <= looked and group in self.packages[each.package] for each in held
        ):
            self.wrongs.append(f"removing {account.name} from {group}: had a live assignment all the time")
        ended = any(not each.live and group in self.packages[each.package] for each in held)
        if not add and not own and (self.mode == "additive" or (self.mode == "managed" and not ended)):
            self.wrongs.append(f"removing {account.name} from {group}: not in mode {self.mode}")
        if add and not any(
            (each.live or each.until > looked) and group in self.packages[each.package] for each in held
        ):
            self.wrongs.append(f"adding {account.name} to {group}: had no live assignment")


class Actor:
    """A job that somebody else lets go on, request by request. `ended` is its outcome, or why it gave up."""

    def __init__(self, estate: Estate, call: Envelope) -> None:
        self.done = False
        self.ended = ""
        self.crash: BaseException | None = None
        self._estate, self._call = estate, call
        self.look = _Look(estate)
        self._abandoned = False
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self._work, daemon=True).start()

    def step(self) -> None:
        """Lets the job make its next request, and think until the one after it."""
        self._go.release()
        self._back.acquire()

    def abandon(self) -> None:
        """Ends the job where it is."""
        self._abandoned = True
        while not self.done:
            self.step()

    def turn(self) -> None:
        """Waits until the next request may be made."""
        self._back.release()
        self._go.acquire()
        if self._abandoned:
            raise _Abandoned

    def _work(self) -> None:
        self._go.acquire()
        try:
            self.ended = self._job().outcome
        except (Refused, Failed, Pending, DeadlinePassed, _Abandoned) as error:
            self.ended = type(error).__name__
        except BaseException as error:  # noqa: BLE001 - raised where the test looks
            self.crash = error
        self.done = True
        self._back.release()

    def _job(self) -> Outcome:
        def open_directory(*_: Any) -> _OneDomain:
            return _OneDomain(self._estate, self.turn, self.look)

        worker = Worker(
            ENVIRON,
            StandingClock(),
            _Graph(self._estate, self.turn, self.look),
            open_directory,
            unused,
            open_directory,
            _nobody,
        )
        return (sweep if self._call.source == "sweep" else run)(self._call, worker)


class _Abandoned(BaseException):
    pass


class _Look:
    """When a job read each group, of what counts for its plan: that before it read the assignments.

    `given` are the memberships that it has given, by the group's GUID and SID.
    """

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._read: dict[str, int] = {}
        self._planned: dict[str, int] = {}
        self.given: set[tuple[str, str]] = set()

    def at(self, *groups: Group) -> None:
        self._read |= {group.guid: self._estate.now for group in groups}

    def at_assignments(self) -> None:
        self._planned |= self._read

    def of(self, group: Group) -> int:
        """Of a job that never read the assignments after the group: when it read the group."""
        return self._planned.get(group.guid, self._read[group.guid])


def granted(each: Assigned) -> Envelope:
    """The callout of an assignment that was just made."""
    return replace(CALL, user=each.user, access_package=each.package, assignment=each.identifier)


def removed(each: Assigned) -> Envelope:
    """The callout of an assignment that has just ended."""
    return replace(granted(each), event="removed")


def reconcile(user: str) -> Envelope:
    return replace(ALONE, user=user)


def _nobody(line: str) -> None:
    del line


class _Graph:
    """A `Transport` that answers from the estate as it is at that moment."""

    def __init__(self, estate: Estate, turn: Callable[[], None], look: _Look) -> None:
        self._estate, self._turn, self._look = estate, turn, look

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        assert headers
        assert timeout > 0
        fixed = self._fixed().get(url.partition("?")[0])
        if fixed:
            return fixed
        self._turn()
        return reply(200, self._answer(url))

    def _answer(self, url: str) -> dict[str, Any]:
        estate = self._estate
        if url == USERS:
            return {"value": [_user(user, account) for user, account in estate.people.items()]}
        if url.startswith(LIST):
            self._look.at_assignments()
            wanted = url.partition("%20eq%20'")[2].partition("'")[0]
            own = [each for each in estate.assignments if wanted in {each.user, each.package}]
            return {"value": [self._row(each) for each in own]}
        user = url.removeprefix(f"{GRAPH}/v1.0/users/").partition("?")[0]
        return _user(user, estate.people[user])

    def _row(self, each: Assigned) -> dict[str, Any]:
        return {
            "id": each.identifier,
            "state": "delivered" if each.live else "expired",
            "accessPackage": {"id": each.package},
            "target": {
                "objectId": each.user,
                "onPremisesSecurityIdentifier": self._estate.people[each.user].sid,
            },
        }

    def _fixed(self) -> dict[str, Reply]:
        mapping = json.dumps(
            {
                "AccessPackages": [
                    {"AccessPackageID": package, "ADGroups": [group.account for group in groups]}
                    for package, groups in self._estate.packages.items()
                ]
            }
        )
        settings = {
            **SETTINGS,
            "mapping": {"source": "variable", "name": "map", "sha256": hashlib.sha256(mapping.encode()).hexdigest()},
            "safety": {**SETTINGS["safety"], "mode": self._estate.mode, "budgets": FREE},
            "scheduled_sweep": True,
        }
        return {
            "http://127.0.0.1/token": reply(200, {"access_token": "T"}),
            f"{ARM}/subs/x/variables/settings": variable(json.dumps(settings)),
            f"{ARM}/subs/x/variables/map": variable(mapping),
            VAULT: reply(200, {"value": "hunter2"}),
        }


def _user(user: str, account: Account) -> dict[str, Any]:
    return {"id": user, "onPremisesSecurityIdentifier": account.sid}


class _OneDomain:
    """`Memberships` of the estate; each request waits for its turn, and a write happens as a whole or not at all."""

    server = "ldaps://dc1:636"

    def __init__(self, estate: Estate, turn: Callable[[], None], look: _Look) -> None:
        self._estate, self._turn, self._look = estate, turn, look

    def server_of(self, group: Group) -> str:
        del group
        return self.server

    def person(self, sid: str) -> Person:
        self._turn()
        estate = self._estate
        self._look.at(*estate.groups)
        for account in estate.people.values():
            if account.sid == sid:
                guids = frozenset(guid for guid, sids in estate.members.items() if sid in sids)
                return Person(sid, guids, account.primary_group, account.admin_count)
        raise Absent(f"no {sid}")

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        self._turn()
        keys = {(name.form, name.key) for name in names}
        return tuple(each for each in self._estate.groups if each.guid in guids or keys & each.names())

    def expect(self, groups: Iterable[Group]) -> None:
        del groups

    def members(self, group: Group) -> Members:
        self._turn()
        self._look.at(group)
        return Members(frozenset(self._estate.members[group.guid]))

    def accounts(self, sids: frozenset[str]) -> dict[str, Account]:
        self._turn()
        return {each.sid: each for each in self._estate.people.values() if each.sid in sids}

    def change(self, change: Change, sid: str) -> Answer:
        return self.write(change.group, (sid,) if change.add else (), () if change.add else (sid,))

    def write(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        self._turn()
        estate = self._estate
        for sids, adds in ((add, True), (remove, False)):
            for sid in sids:
                own = (group.guid, sid) in self._look.given
                estate.judge(group, sid, add=adds, looked=self._look.of(group), own=own)
        held = estate.members[group.guid]
        if held & set(add) or set(remove) - held:
            return Answer("unclear", "already so")
        estate.members[group.guid] = (held - set(remove)) | set(add)
        estate.writes += 1
        self._look.given |= {(group.guid, sid) for sid in add}
        return Answer("done")

    def close(self) -> None:
        pass
