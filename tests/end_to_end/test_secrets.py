"""Secrets with a recognisable text, used for real, and looked for in everything that a person or a service can read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from provision.cli import app
from provision.sandbox import seed
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER, LEAVER
from provision.sandbox.state import VARIABLE, Record
from tests.end_to_end.planted import (
    GITHUB_TOKEN,
    WRONG_PASSWORD,
    WRONG_SECRET,
    exchanged,
    leaked,
    plant,
    readable,
    secrets,
    vault,
)
from tests.end_to_end.portal import allow_signatures, logic_app
from tests.end_to_end.recording import RecordedSandbox
from tests.end_to_end.scene import Scene, played, typed

ADA, GRACE = seed.USERS[:2]
PACKAGE, OTHER = seed.CATALOGS[0].packages
BEFORE = (
    "mapping check",
    "plan",
    "plan --json",
    "plan --format markdown",
    "render --catalog Finance",
    "render --lifecycle",
    "render --format arm",
    "grant",
    "grant --json",
    "grant --script azure",
    "doctor",
    "apply --yes",
)
LOCKING = ("mapping lock", "mapping check --deployed", "apply --yes")
SIGNED = ("plan", "plan --json", "doctor --json", "apply --yes --json")
"""With a trigger that a signature opens: somebody has switched that on by hand."""
REFUSED = (
    "doctor",
    "doctor --json",
    "status",
    "status --json",
    "runs",
    "runs --json",
    "runs --failed",
    f"explain --user {GRACE.object_id}",
    "report --output /dev/null",
    "reconcile --all",
    f"replay --user {GRACE.object_id} --yes",
    "destroy --yes --memberships remove",
)
"""With a password that AD refuses, so that jobs fail and say so."""
AFTER = (
    f"explain --user {GRACE.object_id} --json",
    "report --output /dev/null",
    "reconcile --all --apply --yes --over-budget --json",
    f"reconcile --user {GRACE.object_id} --yes --json",
    "destroy --yes --json --memberships remove",
)
SANDBOX = (
    "sandbox status --json",
    f"sandbox grant --user {ADA.account} --package {OTHER.package_id} --json",
    f"sandbox remove --user {ADA.account} --package {OTHER.package_id}",
    "sandbox fire-schedule lockstep-sandbox-sweep --json",
    f"sandbox activate --workflow {JOINER.replace(' ', '_')} --user {GRACE.account} --json",
)
WITHOUT_ENVIRONMENT = ("bundle", "schema environment", "completion bash", *SANDBOX)
SIGNATURE = "Planted7signature7of7a7trigger"
"""What the program with a fault puts together and has in an address."""
SOURCES = ("entitlement", "lifecycle", "reconcile", "check", "release", "sweep", "undo", "explain")
FAILING = ["doctor", "doctor --json", "doctor", "doctor --json", *(REFUSED[-5:])]
"""Nothing is deployed yet; a signature opens a trigger; AD refuses the password."""
USED = (GITHUB_TOKEN, WRONG_PASSWORD)
NOT_HERE = {"demo", "sandbox up", "sandbox down", "sandbox reset"}
"""They print no answer of a service; the demo is the other commands, in a sandbox of its own."""
FAULTY = """
import sys
from pathlib import Path
from provision.cli import main
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.options import group

program = group("A program with a fault that knows every secret.")

@program.callback()
def _options(): ...

@program.command()
def fail(file: str, password: str):
    def work(terminal):
        environment = Environment.load(file)
        with connected(environment) as azure:
            token = azure._signed_in.get_token(environment.cloud.arm_scope).token
        federated = Path(environment.credential.token_file).read_text()
        signature = "7".join(["Planted", "signature", "of", "a", "trigger"])
        url = f"https://x/triggers/manual/paths/invoke?sp=%2Frun&sig={signature}"
        said = f"password='{password}', client_assertion={federated}, PoP {token}, {url}, {sys.argv}"
        raise KeyError(f"unexpected: Authorization: Bearer {token}, {said}")
    return work

sys.exit(main(program=program))
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One sandbox for all tests of this file; every exchange is written down."""
    yield from played(tmp_path_factory.mktemp("secrets"), RecordedSandbox)


@pytest.fixture
def planted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Secrets are where the environment says, and a failed job answers Entra at once."""
    monkeypatch.setenv("PLANTED_GITHUB_TOKEN", GITHUB_TOKEN)
    plant(scene)
    scene.change("launch_and_wait_minutes: 15", "launch_and_wait_minutes: 60\n  on_failure: resume")
    more = f'sweep: {{schedule: "02:30", time_zone: Europe/Berlin}}\naudit: {{file: {_audit(scene)}}}\n'
    scene.file.write_text(scene.file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return scene


def _audit(scene: Scene) -> Path:
    """The file of the changes, on the worker."""
    return scene.file.with_name("audit.jsonl")


class Screen:
    """Types commands, each with --verbose, and keeps what they print, by what was typed."""

    def __init__(self, scene: Scene) -> None:
        self.texts: dict[str, str] = {}
        self.failed: list[str] = []
        self._scene = scene

    def type(self, *commands: str, file: Path | None = None) -> None:
        """These commands on the environment, or on another environment file."""
        for command in commands:
            self._keep(command, ("-e", str(file or self._scene.file)))

    def type_alone(self, *commands: str) -> None:
        """These commands, which take no environment."""
        for command in commands:
            self._keep(command, ())

    def has(self, command: str) -> bool:
        """Whether a command was typed."""
        return any(f"{name} ".partition(". ")[2].startswith(f"{command} ") for name in self.texts)

    def _keep(self, command: str, more: tuple[str, ...]) -> None:
        arguments = [word.replace("_", " ") for word in command.split()]
        done = typed("--verbose", *arguments, *more)
        self.texts[f"{len(self.texts)}. {command}"] = done.out + done.err
        self.failed += [command] if done.code else []


def _recorded(scene: Scene) -> str:
    assert isinstance(scene.sandbox, RecordedSandbox)
    return scene.sandbox.log.read_text(encoding="utf-8")


def _commands() -> set[str]:
    """Everything that can be typed, as words."""
    found: set[str] = set()
    for name, command in getattr(typer.main.get_command(app), "commands").items():  # noqa: B009 - the types hide it
        inner = getattr(command, "commands", None)
        found |= {f"{name} {below}" for below in inner} if inner else {name}
    return found


def test_nothing_shows_a_secret_that_was_used_and_no_history_shows_a_person(
    planted: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, sandbox = Screen(planted), planted.sandbox
    monkeypatch.setenv(VARIABLE, str(sandbox.folder.path))
    Record(os.getpid(), sandbox.url, "embedded", sandbox.directory.url, sandbox.clock.speed).write(sandbox.folder)
    administrator = sandbox.environment_file(planted.file.parent / "administrator" / "sandbox.yaml", administrator=True)

    screen.type(f"grant --deployer {seed.DEPLOYER_APP_ID} --yes", file=administrator)
    screen.type(*BEFORE)
    planted.change("  ref: main\n", "  ref: main\n  lock: sandbox.lock.json\n")
    screen.type(*LOCKING)
    granted = planted.chain.grant(ADA.account, PACKAGE.package_id)
    sandbox.assign_silently(GRACE.account, OTHER.name)
    screen.type_alone(*WITHOUT_ENVIRONMENT)
    allow_signatures(sandbox, "finance")
    found = secrets(planted)
    signature = sandbox.world.host.signature(logic_app(sandbox, "finance"))
    screen.type(*SIGNED)
    right = vault(planted)._secrets[seed.BIND_SECRET]
    vault(planted)._secrets[seed.BIND_SECRET] = (seed.BIND_SECRET, WRONG_PASSWORD, "0" * 32)
    failed = planted.chain.remove(ADA.account, PACKAGE.package_id)
    activated = sandbox.activate(LEAVER, GRACE.account)
    undo = f"undo {granted['callouts'][-1]['instance']} --over-budget"
    screen.type(*REFUSED, undo)
    vault(planted)._secrets[seed.BIND_SECRET] = right
    shown = readable(planted)
    screen.type(*AFTER)
    screen.type_alone(f"audit verify {_audit(planted)}")

    assert granted["groups"]["after"] == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert "AD refused the bind account" in failed["callouts"][-1]["outcome"]["detail"]
    assert activated["status"] == "failed"
    told = {
        "granted": str(granted),
        "failed": str(failed),
        "activated": str(activated),
        "audit": _audit(planted).read_text(),
    }
    assert leaked(screen.texts | shown | told | exchanged(planted), found) == []
    histories = {place: text for place, text in shown.items() if place.startswith("run ")}
    assert leaked(histories, [ADA.object_id, ADA.name, ADA.account, GRACE.object_id, GRACE.name, GRACE.account]) == []
    assert {place.split()[1] for place in shown if place.startswith("job ")} == set(SOURCES)
    assert screen.failed == [*FAILING, undo]
    assert {command for command in _commands() - NOT_HERE if not screen.has(command)} == set()
    assert [secret for secret in (seed.BIND_PASSWORD, *USED, signature) if secret not in _recorded(planted)] == []


def test_a_failed_sign_in_shows_no_secret(planted: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    section = planted.environment.partition("credential:\n")[2].partition("\n\n")[0]
    planted.change(section, "  method: environment")
    for name, value in (("TENANT", seed.TENANT), ("CLIENT", seed.DEPLOYER_APP_ID)):
        monkeypatch.setenv(f"AZURE_{name}_ID", value)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", WRONG_SECRET)

    refused = planted.type("--verbose", "plan")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", planted.sandbox.client_secret)
    accepted = planted.type("--verbose", "plan")

    assert (refused.code, accepted.code) == (1, 0)
    assert "AADSTS7000215" in refused.err
    assert leaked({"refused": refused.err, "accepted": accepted.out + accepted.err}, secrets(planted)) == []


def test_the_report_of_a_fault_holds_no_secret(planted: Scene, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULTY, "fail", str(planted.file), WRONG_PASSWORD],
        env=os.environ | {"HOME": str(tmp_path), "BIND_PASSWORD": WRONG_PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )

    (report,) = (tmp_path / ".local/state/lockstep/reports").iterdir()
    text = report.read_text()
    assert done.returncode == 3
    assert str(report) in done.stderr
    assert "KeyError" in text
    assert "Authorization: Bearer ***" in text
    assert leaked({"report": text, "messages": done.stdout + done.stderr}, [*secrets(planted), SIGNATURE]) == []
