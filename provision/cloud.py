"""The clouds: where Resource Manager, Graph, login and Key Vault are, and what their tokens are for. Pure.

Sources: azure-core's `get_arm_endpoints`, Microsoft's pages about national clouds (v1 issuers included), and for the
resume call its page in Microsoft Graph. That the proof-of-possession claims `aud` and `u` follow the cloud's Resource
Manager is inferred from public deployments, not documented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class CloudProfile:
    """One cloud. Addresses are `https://host[:port]` without a path.

    Audiences, claims (`pop_...`) and `issuer_host` belong to the cloud itself and stay when addresses are replaced.
    `resumes`: Microsoft documents the resume call, by which a callout is answered, for this cloud. `own_endpoints`:
    at least one address is not the cloud's own.
    """

    name: str
    arm: str
    arm_audience: str
    graph: str
    graph_audience: str
    login: str
    key_vault_audience: str
    pop_audience: str
    pop_host: str
    issuer_host: str
    resumes: bool
    ca_file: Path | None = None
    own_endpoints: bool = False

    @property
    def arm_scope(self) -> str:
        """The OAuth scope of tokens for Resource Manager."""
        return f"{self.arm_audience.rstrip('/')}/.default"

    @property
    def graph_scope(self) -> str:
        """The OAuth scope of tokens for Microsoft Graph."""
        return f"{self.graph_audience.rstrip('/')}/.default"

    def issuer(self, tenant: str) -> str:
        """Claim `iss` of this cloud's tokens for that tenant, with its slash."""
        return f"https://{self.issuer_host}/{tenant}/"

    def at(self, arm: str | None, graph: str | None, login: str | None, ca_file: Path | None) -> CloudProfile:
        """The same cloud at other addresses; None keeps the cloud's own."""
        return replace(
            self,
            arm=arm or self.arm,
            graph=graph or self.graph,
            login=login or self.login,
            ca_file=ca_file,
            own_endpoints=any((arm, graph, login)),
        )


PUBLIC: Final = CloudProfile(
    name="public",
    arm="https://management.azure.com",
    arm_audience="https://management.azure.com/",
    graph="https://graph.microsoft.com",
    graph_audience="https://graph.microsoft.com",
    login="https://login.microsoftonline.com",
    key_vault_audience="https://vault.azure.net",
    pop_audience="https://management.azure.com",
    pop_host="management.azure.com",
    issuer_host="sts.windows.net",
    resumes=True,
)

US_GOVERNMENT: Final = CloudProfile(
    name="usgov",
    arm="https://management.usgovcloudapi.net",
    arm_audience="https://management.core.usgovcloudapi.net/",
    graph="https://graph.microsoft.us",
    graph_audience="https://graph.microsoft.us",
    login="https://login.microsoftonline.us",
    key_vault_audience="https://vault.usgovcloudapi.net",
    pop_audience="https://management.usgovcloudapi.net",
    pop_host="management.usgovcloudapi.net",
    issuer_host="sts.windows.net",
    resumes=False,
)

CHINA: Final = CloudProfile(
    name="china",
    arm="https://management.chinacloudapi.cn",
    arm_audience="https://management.chinacloudapi.cn/",
    graph="https://microsoftgraph.chinacloudapi.cn",
    graph_audience="https://microsoftgraph.chinacloudapi.cn",
    login="https://login.chinacloudapi.cn",
    key_vault_audience="https://vault.azure.cn",
    pop_audience="https://management.chinacloudapi.cn",
    pop_host="management.chinacloudapi.cn",
    issuer_host="sts.chinacloudapi.cn",
    resumes=False,
)

CLOUDS: Final = {profile.name: profile for profile in (PUBLIC, US_GOVERNMENT, CHINA)}
