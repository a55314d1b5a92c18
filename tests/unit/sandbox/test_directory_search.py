from __future__ import annotations

import pytest

from provision.sandbox import seed
from provision.sandbox.directory.control import PAGED, Controls, Page
from provision.sandbox.directory.domain import Domain, populated
from provision.sandbox.directory.filter import Clause, Filter
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.population import Account, Group, Population
from provision.sandbox.directory.refusal import Refused
from provision.sandbox.directory.request import Scope, Search
from provision.sandbox.directory.response import Found
from provision.sandbox.directory.search import Answer, Searches

PEOPLE, GROUPS = f"OU=People,{seed.BASE}", f"OU=Groups,{seed.BASE}"
LIMITS = Limits(page_size=7)
EVERYTHING = Clause("objectClass", "present")
USERS = Clause("objectClass", "equal", b"user")


@pytest.fixture
def domain() -> Domain:
    """Ten people and four groups."""
    accounts = tuple(Account(f"u{number}", f"User {number}") for number in range(10))
    return populated(Population(accounts, tuple(map(Group, ("Large", "Small", "Empty", "Locked")))))


def asked(
    base: str,
    scope: Scope = "sub",
    condition: Filter = EVERYTHING,
    attributes: tuple[str, ...] = ("cn",),
    size: int = 0,
) -> Search:
    return Search(base, scope, size, types_only=False, filter=condition, attributes=attributes)


def searches(domain: Domain) -> Searches:
    return Searches(domain.store, LIMITS)


def run(domain: Domain, request: Search, controls: Controls | None = None) -> Answer:
    account = domain.store.by_account(seed.BIND_ACCOUNT)
    assert account is not None
    return searches(domain).run(account, request, controls or Controls())


def names(entries: tuple[Found, ...]) -> list[str]:
    return [entry.name.partition(",")[0] for entry in entries]


@pytest.mark.parametrize(
    ("scope", "found"), [("base", ["OU=Groups"]), ("one", ["CN=Large", "CN=Small", "CN=Empty", "CN=Locked"])]
)
def test_the_scope_bounds_the_search(domain: Domain, scope: Scope, found: list[str]) -> None:
    assert names(run(domain, asked(GROUPS, scope)).entries) == found


def test_a_subtree_has_the_base_and_everything_below(domain: Domain) -> None:
    found = run(domain, asked(GROUPS)).entries
    assert names(found) == ["OU=Groups", "CN=Large", "CN=Small", "CN=Empty", "CN=Locked"]


def test_an_unpaged_answer_ends_at_the_limit_and_says_so(domain: Domain) -> None:
    answer = run(domain, asked(PEOPLE, condition=USERS))
    assert (len(answer.entries), answer.result.code) == (7, 4)


def test_the_clients_own_limit_counts_too(domain: Domain) -> None:
    answer = run(domain, asked(PEOPLE, condition=USERS, size=2))
    assert (len(answer.entries), answer.result.code) == (2, 4)


def test_as_many_as_the_limit_is_no_error(domain: Domain) -> None:
    answer = run(domain, asked(GROUPS, "one", size=4))
    assert (len(answer.entries), answer.result.code) == (4, 0)


def test_pages_give_every_entry_once_and_are_no_larger_than_the_server_allows(domain: Domain) -> None:
    account, open_searches = domain.store.by_account(seed.BIND_ACCOUNT), searches(domain)
    assert account is not None
    request, cookie, pages = asked(PEOPLE, condition=USERS), b"", []
    while True:
        answer = open_searches.run(account, request, Controls(page=Page(5000, cookie)))
        pages.append(names(answer.entries))
        [control] = answer.controls
        cookie = control.value[7:]
        if not cookie:
            break
    assert [len(page) for page in pages] == [7, 3]
    assert sorted(name for page in pages for name in page) == sorted(f"CN=User {number}" for number in range(10))


@pytest.mark.parametrize("reuse", ["another connection", "another filter", "a second time"])
def test_a_cookie_is_good_for_its_own_search_only(domain: Domain, reuse: str) -> None:
    account, open_searches = domain.store.by_account(seed.BIND_ACCOUNT), searches(domain)
    assert account is not None
    request = asked(PEOPLE, condition=USERS)
    [control] = open_searches.run(account, request, Controls(page=Page(5, b""))).controls
    later = Controls(page=Page(5, control.value[7:]))
    if reuse == "a second time":
        open_searches.run(account, request, later)
    if reuse == "another connection":
        open_searches = searches(domain)
    if reuse == "another filter":
        request = asked(PEOPLE)
    with pytest.raises(Refused) as refused:
        open_searches.run(account, request, later)
    assert refused.value.result.code == 12
    assert PAGED in refused.value.result.text


def test_only_the_head_of_the_domain_refers_to_the_other_naming_contexts(domain: Domain) -> None:
    nothing = Clause("cn", "equal", b"nothing")
    assert len(run(domain, asked(seed.BASE.lower(), condition=nothing)).references) == 3
    assert len(run(domain, asked(f"<SID={seed.DOMAIN_SID}>", condition=nothing)).references) == 3
    assert run(domain, asked(GROUPS, condition=nothing)).references == ()
    assert run(domain, asked(seed.BASE, "base")).references == ()
    assert run(domain, asked(seed.BASE, condition=nothing), Controls(domain_scope=True)).references == ()


@pytest.mark.parametrize(
    ("base", "code"),
    [(f"CN=Nix,{GROUPS}", 32), ("<SID=S-1-5-21-1>", 32), ("garbage", 34), ("DC=other,DC=example", 10), ("O=x", 32)],
)
def test_a_base_that_is_not_here_is_told_apart(domain: Domain, base: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        run(domain, asked(base))
    assert refused.value.result.code == code


def test_a_name_of_another_domain_is_referred_there(domain: Domain) -> None:
    with pytest.raises(Refused) as refused:
        run(domain, asked("CN=x,DC=other,DC=example"))
    assert refused.value.result.referrals == ("ldap://other.example/CN=x,DC=other,DC=example",)


def test_a_constructed_attribute_cannot_be_in_a_filter(domain: Domain) -> None:
    with pytest.raises(Refused) as refused:
        run(domain, asked(GROUPS, condition=Clause("tokenGroups", "present")))
    assert refused.value.result.code == 18
