"""Hand-written stand-ins for what the runbook meets outside: time, the HTTPS wire, Active Directory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from runbook.deadline import Deadline
from runbook.directory import Answer, Change, Group, Person
from runbook.group_name import GroupName
from runbook.https import Https, Reply, Transport
from runbook.outcome import Absent, Failed, Refused

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOMAIN_SID = "S-1-5-21-1-2-3"
PERSON_SID = f"{DOMAIN_SID}-1104"
USER = "66666666-6666-4666-8666-666666666601"
PACKAGE_A = "77777777-7777-4777-8777-77777777770a"
PACKAGE_B = "77777777-7777-4777-8777-77777777770b"
ASSIGNMENT = "99999999-9999-4999-8999-999999999901"


class StandingClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def deadline_in(seconds: float, clock: StandingClock | None = None) -> Deadline:
    """A deadline with so many seconds left, its own reserve not counted."""
    clock = clock or StandingClock()
    return Deadline(clock.now() + timedelta(seconds=seconds + 10), clock)


def reply(status: int = 200, body: Any = None, **headers: str) -> Reply:
    """An HTTP answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


class Wire:
    """A `Transport` with prepared answers: by URL (without query, if that has none of its own), each used in turn."""

    def __init__(self, answers: dict[str, Reply | OSError | list[Reply | OSError]]) -> None:
        self._answers = {url: answer if isinstance(answer, list) else [answer] for url, answer in answers.items()}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        assert timeout > 0
        self.asked.append((url, headers))
        answers = self._answers.get(url) or self._answers.get(url.partition("?")[0])
        if not answers:
            return reply(404, {"error": {"code": "NotFound", "message": "nobody prepared this"}})
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer

    @property
    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]


def https(wire: Transport, seconds: float = 600.0, clock: StandingClock | None = None) -> Https:
    """The HTTPS wire of a job with so many seconds left."""
    return Https(wire, deadline_in(seconds, clock))


def group(
    account: str, rid: int = 2000, *, sid: str = "", admin_count: bool = False, cloud_owned: bool = False
) -> Group:
    """A group whose GUID follows from its RID."""
    return Group(
        guid=f"aaaaaaaa-0000-4000-8000-{rid:012d}",
        sid=sid or f"{DOMAIN_SID}-{rid}",
        dn=f"CN={account},OU=Groups,DC=lab,DC=example",
        account=account,
        admin_count=admin_count,
        cloud_owned=cloud_owned,
    )


def person(*member_of: Group, sid: str = PERSON_SID, primary_group: str = "", admin_count: bool = False) -> Person:
    """An account that is directly in those groups."""
    guids = frozenset(each.guid for each in member_of)
    return Person(sid, guids, primary_group or f"{DOMAIN_SID}-513", admin_count)


class Memory:
    """A `Directory` in memory. `scripted` answers are given, in turn, instead of doing the change.

    A scripted `lost` does the change all the same when it is in `lost_but_done`.
    """

    server = "ldaps://dc1:636"

    def __init__(
        self, groups: Iterable[Group], members: Iterable[Group] = (), *, account: Person | None = None
    ) -> None:
        self.all_groups = tuple(groups)
        self.members = {each.guid for each in members}
        self.account = account or person()
        self.scripted: dict[str, list[Answer]] = {}
        self.lost_but_done: set[str] = set()
        self.reading: Failed | Refused | None = None
        self.readable_times = 1_000_000
        self.operations: list[str] = []
        self.written: list[tuple[str, bool]] = []
        self.closed = False

    def server_of(self, group: Group) -> str:
        del group
        return self.server

    def person(self, sid: str) -> Person:
        self.operations.append("person")
        if self.reading and self.operations.count("person") > self.readable_times:
            raise self.reading
        if sid != self.account.sid:
            raise Absent(f"no {sid}")
        return Person(sid, frozenset(self.members), self.account.primary_group, self.account.admin_count)

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        self.operations.append("groups")
        keys = {(name.form, name.key) for name in names}
        return tuple(each for each in self.all_groups if each.guid in guids or keys & each.names())

    def change(self, change: Change, sid: str) -> Answer:
        assert sid == self.account.sid
        self.operations.append("change")
        self.written.append((change.group.account, change.add))
        script = self.scripted.get(change.group.account)
        answer = script.pop(0) if script else Answer("done")
        if answer.kind == "done" or change.group.account in self.lost_but_done:
            (self.members.add if change.add else self.members.discard)(change.group.guid)
        return answer

    def close(self) -> None:
        self.closed = True

    def accounts(self) -> list[str]:
        """The groups the person is in now."""
        return sorted(each.account for each in self.all_groups if each.guid in self.members)
