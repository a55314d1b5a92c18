from __future__ import annotations

import json

from provision.sandbox import seed
from provision.sandbox.directory.population import SEED, Account, Group, Population


def test_the_seed_brings_everybody_who_is_in_the_directory_and_every_group() -> None:
    assert [account.account for account in SEED.accounts] == [user.account for user in seed.USERS if user.in_directory]
    assert [(group.account, group.members, group.protected, group.writable) for group in SEED.groups] == [
        (group.account, group.members, group.protected, group.writable) for group in seed.GROUPS
    ]


def test_a_population_is_told_to_samba_as_json() -> None:
    population = Population((Account("ada", "Ada", disabled=True),), (Group("Team", ("ada",), scope="universal"),))
    document = json.loads(json.dumps(population.document()))
    assert document["accounts"][0]["disabled"] is True
    assert (document["groups"][0]["members"], document["groups"][0]["scope"]) == (["ada"], "universal")
