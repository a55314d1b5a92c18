from __future__ import annotations

import pytest

from provision.sandbox import seed
from provision.sandbox.directory.access import authenticate
from provision.sandbox.directory.domain import populated
from provision.sandbox.directory.population import Account, Population
from provision.sandbox.directory.refusal import Refused

DOMAIN = populated(Population((Account("off", "Off", password="Right-1!", disabled=True), Account("mute", "Mute")), ()))
SERVICE_DN = f"CN={seed.BIND_ACCOUNT},OU=Service Accounts,{seed.BASE}"


@pytest.mark.parametrize(
    "name",
    [
        f"{seed.BIND_ACCOUNT}@{seed.DNS_DOMAIN}",
        f"{seed.BIND_ACCOUNT.upper()}@{seed.DNS_DOMAIN.upper()}",
        f"{seed.DOMAIN}\\{seed.BIND_ACCOUNT}",
        f"{seed.DOMAIN.lower()}\\{seed.BIND_ACCOUNT.upper()}",
        SERVICE_DN,
        SERVICE_DN.lower(),
    ],
)
def test_an_account_binds_by_each_of_its_names(name: str) -> None:
    assert authenticate(DOMAIN, name, seed.BIND_PASSWORD).text("sAMAccountName") == seed.BIND_ACCOUNT


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        (SERVICE_DN, "wrong", "52e"),
        (SERVICE_DN, seed.BIND_PASSWORD.lower(), "52e"),
        (f"nobody@{seed.DNS_DOMAIN}", seed.BIND_PASSWORD, "52e"),
        (seed.BIND_ACCOUNT, seed.BIND_PASSWORD, "52e"),
        (f"OTHER\\{seed.BIND_ACCOUNT}", seed.BIND_PASSWORD, "52e"),
        ("CN=bad,,", seed.BIND_PASSWORD, "52e"),
        ("LAB\\off", "Right-1!", "533"),
        ("LAB\\off", "wrong", "52e"),
        ("LAB\\mute", "anything", "52e"),
    ],
)
def test_a_refused_bind_says_why_as_active_directory_does(name: str, password: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        authenticate(DOMAIN, name, password)
    assert refused.value.result.code == 49
    assert f"AcceptSecurityContext error, data {reason}," in refused.value.result.text
