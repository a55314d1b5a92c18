"""Jobs of one person, sweeps, Entra and people who edit groups by hand, all at once: every request in a random order.

What must never happen is checked at each write; what must be so in the end, after one more sweep of a quiet world.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runbook.membership import Account
from runbook.safety import MODES
from tests.unit.runbook.estate import SWEEP, Actor, Estate, granted, reconcile, removed
from tests.unit.runbook.standins import DOMAIN_SID, group
from tests.unit.runbook.sweep_examples import PACKAGE, user_id
from tests.unit.runbook.sweep_oracle import judge

ONE, TWO, SHARED, FOREIGN = (group(name, 2000 + n) for n, name in enumerate(("One", "Two", "Shared", "Foreign")))
GUARDED = group("Guarded", 2009, admin_count=True)
PACKAGES = {PACKAGE["a"]: [ONE, SHARED], PACKAGE["b"]: [TWO, SHARED], PACKAGE["c"]: [GUARDED, ONE]}
PEOPLE = 4
_MOST_JOBS = 5

REQUESTS = (
    "groups",
    "One",
    "Shared",
    "Two",
    "list",
    "list",
    "list",
    "users",
    "accounts",
)  # of a sweep before it writes

Step = tuple[str, int, int]
KINDS = ["go on"] * 8 + ["grant", "grant", "end", "end", "reconcile", "sweep", "sweep", "by hand", "by hand", "unheard"]
steps = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 7)), max_size=60)


class Story:
    """A world of four people and an administrator, in which what the steps say happens.

    `troubled`: an access package gives a group that nobody may touch, and the administrator has an assignment.
    """

    def __init__(self, mode: str, *, troubled: bool = False) -> None:
        packages = {
            package: [each for each in groups if troubled or each != GUARDED] for package, groups in PACKAGES.items()
        }
        self.estate = Estate(packages, [FOREIGN, GUARDED], mode)
        for number in range(PEOPLE + 1):
            sid = f"{DOMAIN_SID}-{5000 + number}"
            self.estate.people[user_id(number)] = Account(
                sid, f"person{number}", admin_count=number == PEOPLE, primary_group=f"{DOMAIN_SID}-513"
            )
        self.users = list(self.estate.people)
        for held in (GUARDED, ONE, FOREIGN):
            self.estate.members[held.guid].add(self.sid(PEOPLE))
        if troubled:
            self.estate.grant(self.users[PEOPLE], PACKAGE["b"])
        self.jobs: list[Actor] = []
        self.ended: list[str] = []

    def sid(self, number: int) -> str:
        return self.estate.people[self.users[number % len(self.users)]].sid

    def happens(self, kind: str, one: int, other: int) -> None:
        """One step; a job that it starts has made no request yet."""
        user, package = self.users[one % len(self.users)], list(PACKAGES)[other % len(PACKAGES)]
        if kind == "go on" and self.jobs:
            self._goes_on(self.jobs[one % len(self.jobs)], other + 1)
        elif kind in {"grant", "unheard"}:
            self._granted(user, package, heard=kind == "grant")
        elif kind == "end":
            self._ended(one, heard=other != 0)
        elif kind == "by hand":
            where = (ONE, TWO, SHARED, FOREIGN, GUARDED)[other % 5]
            self.estate.members[where.guid] ^= {self.sid(one)}
        elif kind == "reconcile":
            self._starts(Actor(self.estate, reconcile(user)))
        elif kind == "sweep":
            self._starts(Actor(self.estate, SWEEP))

    def quiet(self) -> None:
        """Every job comes to its end, the youngest first."""
        while self.jobs:
            self._goes_on(self.jobs[-1], 1)

    def sweep(self) -> int:
        """One sweep alone; how many writes it made."""
        before = self.estate.writes
        self._starts(Actor(self.estate, SWEEP))
        self.quiet()
        return self.estate.writes - before

    def abandon(self) -> None:
        for job in self.jobs:
            job.abandon()

    def _granted(self, user: str, package: str, *, heard: bool) -> None:
        if any(each.live and (each.user, each.package) == (user, package) for each in self.estate.assignments):
            return
        made = self.estate.grant(user, package)
        if heard:
            self._starts(Actor(self.estate, granted(made)))

    def _ended(self, which: int, *, heard: bool) -> None:
        live = [each for each in self.estate.assignments if each.live]
        if not live:
            return
        over = live[which % len(live)]
        self.estate.end(over)
        if heard:
            self._starts(Actor(self.estate, removed(over)))

    def _starts(self, job: Actor) -> None:
        self.jobs.append(job)
        while len(self.jobs) > _MOST_JOBS:
            self._goes_on(self.jobs[0], 1)

    def _goes_on(self, job: Actor, requests: int) -> None:
        for _ in range(requests):
            if not job.done:
                job.step()
        if job.done:
            self.jobs.remove(job)
            self.ended.append(job.ended)
        if job.crash:
            raise job.crash


def converges(story: Story, told: list[Step]) -> None:
    try:
        for step in told:
            story.happens(*step)
        story.quiet()
        estate = story.estate
        verdict = judge(estate.facts())
        expected = {
            guid: (sids | {sid for each, sid in verdict.add if each == guid})
            - {sid for each, sid in verdict.remove if each == guid}
            for guid, sids in estate.members.items()
        }
        story.sweep()

        assert estate.members == expected
        assert _without_access(estate) == []
        assert estate.wrongs == []
        assert story.sweep() == 0
    finally:
        story.abandon()


def _without_access(estate: Estate) -> list[str]:
    return [
        f"{account.name} in {where}"
        for each in estate.assignments
        for account in [estate.people[each.user]]
        for where in estate.packages[each.package]
        if each.live and not account.admin_count and not where.admin_count
        if account.sid not in estate.members[where.guid]
    ]


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=150)
@given(told=steps, troubled=st.booleans())
@example(
    told=[("grant", 0, 0), ("sweep", 0, 0), ("go on", 1, 3), ("go on", 0, 7), ("end", 1, 1), ("go on", 0, 7)],
    troubled=False,
)
def test_however_jobs_and_people_meet_the_next_sweep_puts_everything_right(
    mode: str, told: list[Step], *, troubled: bool
) -> None:
    converges(Story(mode, troubled=troubled), told)


def test_the_steps_really_interleave() -> None:
    """A sweep that is about to add somebody whose assignment ends right then takes it back by itself."""
    story = Story("authoritative")
    story.happens("unheard", 0, 0)
    story.happens("sweep", 0, 0)
    for _ in range(1 + len(REQUESTS)):
        story.happens("go on", 0, 0)
    assert story.estate.writes == 0
    story.happens("end", 0, 0)
    for _ in range(2):
        story.happens("go on", 0, 0)
    assert story.estate.writes == 2
    story.quiet()

    assert story.estate.members[ONE.guid] == {story.sid(PEOPLE)}
    assert (story.estate.writes, sorted(story.ended)) == (4, ["nothing_to_do"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("event", ["grant", "end"])
@pytest.mark.parametrize("interrupted", ["sweep", "reconcile"])
def test_a_callout_between_any_two_requests_of_another_job_has_the_last_word(
    interrupted: str, event: str, *, before: bool, mode: str
) -> None:
    """Person 0 has package A before, carried out or unheard of yet, or gets it now; no further sweep comes."""
    for requests in range(20):
        story = Story(mode)
        if before or event == "end":
            story.happens("unheard", 0, 0)
        if before:
            story.sweep()
        story.happens(interrupted, 0, 0)
        for _ in range(requests):
            story.happens("go on", 0, 0)
        story.happens(event, 0, int(before or event == "end"))
        story.quiet()

        assert story.estate.wrongs == []
        assert _without_access(story.estate) == []
        if mode != "additive" and event == "end":
            assert story.sid(0) not in story.estate.members[ONE.guid]
