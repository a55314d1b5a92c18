"""The floor under a sweep: the same reads by OpenLDAP's `ldapsearch`, the same writes by one run of its `ldapmodify`.

Graph's pages are fetched by `curl`. All are in C, with everything known beforehand: which groups, which accounts, which
changes, which pages. Nothing can be much quicker against the same servers.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

EXTENDED_DN = "!1.2.840.113556.1.4.529=::MAMCAQE="
_TERMS = 100


@dataclass(frozen=True, slots=True)
class Floor:
    """The two programs, bound as the runbook is; `folder` is for their input."""

    url: str
    user: str
    password: str
    base: str
    ca_file: Path
    folder: Path

    def groups(self, names: Iterable[str]) -> float:
        """Seconds to find the groups by name."""
        return self._search(self._any("sAMAccountName", names), ["objectGUID", "objectSid", "sAMAccountName"])

    def members(self, names: Iterable[str]) -> float:
        """Seconds to read all their members, with SIDs."""
        return self._search(self._any("sAMAccountName", names), ["member;range=0-1499"], "-E", EXTENDED_DN)

    def accounts(self, sids: Iterable[str]) -> float:
        """Seconds to read the accounts that change."""
        known = list(sids)
        chunks = [known[start : start + _TERMS] for start in range(0, len(known), _TERMS)]
        lines = self.folder / "filters"
        lines.write_text("\n".join(self._any("objectSid", chunk)[1:-1] for chunk in chunks) + "\n")
        asked = ["objectClass", "objectSid", "sAMAccountName", "userAccountControl", "adminCount", "primaryGroupID"]
        return self._search("(%s)", asked, "-f", str(lines)) if known else 0.0

    def modify(self, changes: Iterable[tuple[str, list[str], list[str]]]) -> float:
        """Seconds to write them: (DN of the group, SIDs to add, SIDs to remove), one modify for each group."""
        records = []
        for dn, add, remove in changes:
            lines = [f"dn: {dn}", "changetype: modify"]
            for verb, sids in (("add", add), ("delete", remove)):
                if sids:
                    lines += [f"{verb}: member", *(f"member: <SID={sid}>" for sid in sids), "-"]
            records.append("\n".join(lines))
        file = self.folder / "changes.ldif"
        file.write_text("\n\n".join(records) + "\n")
        return self._timed(["ldapmodify", "-f", str(file)])

    def pages(self, urls: Iterable[str]) -> float:
        """Seconds to fetch these pages of Graph, one after the other over one connection, by `curl`."""
        file = self.folder / "pages"
        file.write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in urls))
        return self._run(["curl", "--silent", "--fail", "--cacert", str(self.ca_file), "--config", str(file)])

    def _any(self, attribute: str, values: Iterable[str]) -> str:
        return f"(|{''.join(f'({attribute}={value})' for value in values)})"

    def _search(self, condition: str, attributes: list[str], *options: str) -> float:
        return self._timed(
            ["ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", self.base, *options, condition, *attributes]
        )

    def _timed(self, command: list[str]) -> float:
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(self.password)
        url = self.url.replace("localhost", "127.0.0.1")  # OpenLDAP takes localhost for the machine's own name
        bound = [command[0], "-x", "-H", url, "-D", self.user, "-y", str(password), *command[1:]]
        return self._run(bound)

    def _run(self, command: list[str]) -> float:
        begin = time.perf_counter()
        subprocess.run(  # noqa: S603 - fixed programs
            command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LDAPTLS_CACERT": str(self.ca_file)}
        )
        return time.perf_counter() - begin
