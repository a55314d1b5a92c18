"""A sandbox to disturb, the files that lead to it, and the CLI in this process: what is typed and what comes back."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provision.cli import main
from provision.sandbox import seed
from provision.sandbox.arm.roles import ROLES
from provision.sandbox.directory.domain import GLOBAL, make_object
from provision.sandbox.directory.embedded import EmbeddedDirectory
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.population import PEOPLE, TEAMS
from provision.sandbox.directory.store import Store
from provision.sandbox.graph.seed import UNUSED_RID
from provision.sandbox.sandbox import Sandbox
from tests.end_to_end.chain import Chain

SPEED = 240.0


@dataclass(frozen=True, slots=True)
class Typed:
    """The exit code and both streams of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A chain, and its environment file and mapping as they are without any fault."""

    chain: Chain
    environment: str
    mapping: str

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox itself."""
        return self.chain.sandbox

    @property
    def file(self) -> Path:
        """The environment file."""
        return self.chain.file

    @property
    def mapping_file(self) -> Path:
        """The mapping beside it."""
        return self.file.with_name("sandbox.mapping.json")

    def begin(self) -> None:
        """The sandbox and both files as at the beginning; new identities are known at once."""
        self.sandbox.reset()
        self.sandbox.world.principals.hidden_lookups = 0
        self.file.write_text(self.environment, encoding="utf-8")
        self.mapping_file.write_text(self.mapping, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        """Another text in the environment file."""
        text = self.file.read_text(encoding="utf-8")
        assert old in text, old
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def place(self, text: str, file: Path | None = None) -> str:
        """`file:line:column` of the first occurrence of `text` in the environment file, or in another one."""
        where = file or self.file
        before, found, _ = where.read_text(encoding="utf-8").partition(text)
        assert found, text
        return f"{where}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"

    def type(self, *arguments: str) -> Typed:
        """`lockstep ARGUMENTS -e FILE`."""
        return typed(*arguments, "-e", str(self.file))

    def written(self) -> list[tuple[str, str]]:
        """Every write that a service has accepted."""
        refused = {(e.method, e.path) for e in self.sandbox.journal.exchanges() if e.status >= 400}
        return [write for write in self.chain.writes() if write not in refused]

    def give_roles(self, *names: str) -> None:
        """Leave whoever runs `lockstep` with these Azure roles on the resource group."""
        cloud = self.sandbox.world.cloud
        deployer, scope = cloud.deployer.object_id, cloud.door.group_id
        for found in cloud.access.all():
            if found.principal == deployer:
                cloud.access.remove(found.scope, found.name)
        for role in ROLES:
            if role.name in names:
                cloud.access.seed(scope, role, deployer, self.sandbox.clock.now())

    def move_to_resource_group(self, name: str) -> None:
        """Call the one resource group otherwise."""
        cloud = self.sandbox.world.cloud
        held = cloud.access.all()
        cloud.door.group = name
        for found in held:
            cloud.access.remove(found.scope, found.name)
            cloud.access.put(dataclasses.replace(found, scope=cloud.door.group_id))

    def permit(self, *permissions: str) -> None:
        """Leave whoever runs `lockstep` with these application permissions of Microsoft Graph."""
        world = self.sandbox.world
        deployer = dataclasses.replace(world.cloud.deployer, app_roles=frozenset(permissions))
        world.principals.add(
            deployer.display_name, deployer.kind, deployer.app_roles, deployer.object_id, deployer.app_id
        )

    def rename(self, kind: str, identifier: str, name: str) -> None:
        """Another display name in the tenant."""
        tenant = self.sandbox.world.entitlement.tenant
        tenant.update(tenant.require(kind, identifier), {"displayName": name, "description": name})

    @property
    def store(self) -> Store:
        """What AD holds."""
        directory = self.sandbox.directory
        assert isinstance(directory, EmbeddedDirectory)
        return directory._domain.store

    def add_group(self, name: str, account: str) -> str:
        """A group in AD that the bind account may write; its distinguished name."""
        store = self.store
        sid = f"{seed.DOMAIN_SID}-{max(int(entry.sid.rpartition('-')[2]) for entry in store if entry.sid) + 1}"
        where = Name.parse(TEAMS).child("CN", name)
        numbers = {"groupType": GLOBAL, "sAMAccountType": 268435456}
        group = store.add(make_object(where, "group", sid, sAMAccountName=account, **numbers))
        writer = store.by_account(seed.BIND_ACCOUNT)
        assert writer is not None
        store.allow(writer, group)
        return group.name.text

    def join(self, account: str, *groups: str) -> None:
        """Put somebody into groups, as a person at a domain controller would."""
        for name in groups:
            person, group = self.store.by_account(account), self.store.by_account(name)
            assert person is not None
            assert group is not None
            self.store.set_members(group, {*self.store.members(group), person.guid})

    def hire(self, person: seed.SeedUser) -> None:
        """Give somebody the AD account that Entra says there is."""
        names = {"sAMAccountName": person.account, "userPrincipalName": f"{person.account}@{seed.DNS_DOMAIN}"}
        numbers = {"userAccountControl": 512, "sAMAccountType": 805306368, "primaryGroupID": 513}
        where = Name.parse(PEOPLE).child("CN", person.name)
        self.store.add(make_object(where, "user", f"{seed.DOMAIN_SID}-{UNUSED_RID}", **names, **numbers))

    def make_privileged(self, account: str) -> None:
        """Mark somebody in AD as AD marks its administrators."""
        person = self.store.by_account(account)
        assert person is not None
        marked = dataclasses.replace(person, attributes={**person.attributes, "admincount": (b"1",)})
        self.store._by_key[person.key] = self.store._by_guid[person.guid] = self.store._by_sid[person.sid] = marked

    def disown(self) -> None:
        """Take our marks from all that is there, as if somebody else had made it."""
        cloud, tenant = self.sandbox.world.cloud, self.sandbox.world.entitlement.tenant
        for workflow in cloud.workflows._resources.values():
            workflow["tags"] = {}
        for runbook in cloud.runbooks.all():
            runbook.tags = {}
        for key, variable in cloud.variables._variables.items():
            cloud.variables._variables[key] = dataclasses.replace(variable, description="")
        for schedule in cloud.schedules.all():
            schedule.description = ""
        for row in tenant.rows("customCalloutExtension"):
            tenant.update(row, {"description": ""})


def typed(*arguments: str) -> Typed:
    """`lockstep ARGUMENTS`, with nobody at the keyboard."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return Typed(code, out.getvalue(), err.getvalue())


def played(folder: Path, kind: type[Sandbox] = Sandbox) -> Iterator[Scene]:
    """A scene on a started sandbox with the embedded directory."""
    sandbox = kind(folder / "state", speed=SPEED)
    sandbox.start()
    try:
        chain = Chain(sandbox, sandbox.environment_file(folder / "sandbox.yaml"))
        mapping = chain.file.with_name("sandbox.mapping.json")
        yield Scene(chain, chain.file.read_text(encoding="utf-8"), mapping.read_text(encoding="utf-8"))
        assert sandbox.journal.failures() == []
    finally:
        sandbox.stop()
