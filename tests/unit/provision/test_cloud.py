from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from provision.cloud import CHINA, CLOUDS, PUBLIC, US_GOVERNMENT, CloudProfile


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_addresses_are_https_hosts_and_claims_follow_resource_manager(cloud: CloudProfile) -> None:
    for address in (cloud.arm, cloud.graph, cloud.login):
        assert urlsplit(address).scheme == "https"
        assert not urlsplit(address).path
    assert cloud.pop_audience == cloud.arm == f"https://{cloud.pop_host}"
    assert not cloud.own_endpoints


def test_scopes_have_one_slash_before_default() -> None:
    assert PUBLIC.arm_scope == "https://management.azure.com/.default"
    assert PUBLIC.graph_scope == "https://graph.microsoft.com/.default"
    assert US_GOVERNMENT.arm_scope == "https://management.core.usgovcloudapi.net/.default"


def test_the_issuer_names_the_tenant_and_ends_with_a_slash() -> None:
    assert PUBLIC.issuer("abc") == US_GOVERNMENT.issuer("abc") == "https://sts.windows.net/abc/"
    assert CHINA.issuer("abc") == "https://sts.chinacloudapi.cn/abc/"


def test_only_the_public_cloud_has_a_documented_resume() -> None:
    assert [cloud.name for cloud in CLOUDS.values() if cloud.resumes] == ["public"]


def test_other_addresses_change_nothing_but_where() -> None:
    moved = PUBLIC.at("https://127.0.0.1:1", None, "https://127.0.0.1:2", Path("ca.pem"))

    assert (moved.arm, moved.graph, moved.login) == ("https://127.0.0.1:1", PUBLIC.graph, "https://127.0.0.1:2")
    assert (moved.own_endpoints, moved.ca_file) == (True, Path("ca.pem"))
    assert (moved.arm_audience, moved.pop_host, moved.name) == (PUBLIC.arm_audience, PUBLIC.pop_host, "public")


def test_an_authority_alone_makes_no_own_endpoints() -> None:
    assert not PUBLIC.at(None, None, None, Path("ca.pem")).own_endpoints
