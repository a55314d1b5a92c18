"""plan, apply, destroy and render over the real SDKs, against the sandbox."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from provision.commands.render import render
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.sandbox import Sandbox
from provision.terminal import Terminal
from tests.integration.azure_world import Person, break_at, policies, resources

FINANCE = "33333333-3333-4333-8333-333333333301"


@pytest.fixture
def person(sandbox: Sandbox, tmp_path: Path) -> Person:
    """Somebody with the sandbox's environment file."""
    return Person(sandbox.environment_file(tmp_path / "sandbox.yaml"))


def test_apply_makes_everything_a_second_plan_is_empty_and_destroy_leaves_nothing(
    sandbox: Sandbox, person: Person
) -> None:
    before = policies(sandbox), resources(sandbox)

    assert person.plan() == 2
    assert "23 to create" in person.out
    assert person.apply() == 0
    assert person.out == "Environment sandbox: 23 created, 0 unchanged\n"
    assert person.plan() == 0
    assert person.out == "Environment sandbox: nothing to do, 23 resources are as they should be\n"
    assert person.apply() == 0
    assert person.destroy() == 0
    assert person.out.startswith("Environment sandbox: 22 deleted, nothing left\n")
    assert (policies(sandbox), resources(sandbox)) == before
    assert sandbox.journal.failures() == []


def test_identities_that_need_time_to_be_known_are_waited_for(sandbox: Sandbox, person: Person) -> None:
    sandbox.world.principals.hidden_lookups = 2

    assert person.apply("Finance") == 0
    assert "not yet (PrincipalNotFound)" in person.err
    assert person.plan("Finance") == 0


def test_answers_wrapped_as_the_reference_pages_show_them_are_understood(sandbox: Sandbox, person: Person) -> None:
    sandbox.world.entitlement.settings.wrapped_answers = True

    assert person.apply() == 0
    assert person.plan() == 0


def test_pages_of_one_item_give_the_same_plan(sandbox: Sandbox, person: Person) -> None:
    person.apply()
    sandbox.world.entitlement.settings.page_size = 1
    sandbox.world.cloud.door.page_size = 1

    assert person.plan() == 0


def test_a_narrowed_apply_and_destroy_touch_one_catalog_only(person: Person) -> None:
    assert person.apply("Finance") == 0
    assert person.plan() == 2
    assert "12 to create, 11 unchanged" in person.out
    assert person.apply() == 0

    assert person.destroy("Finance") == 0
    assert person.out.startswith("Environment sandbox: 6 deleted, nothing left\n")
    assert person.plan("Engineering") == 0
    assert person.destroy() == 0
    assert person.out.startswith("Environment sandbox: 16 deleted, nothing left\n")


def test_json_is_the_only_thing_on_stdout(person: Person) -> None:
    person.plan(form="json")
    planned = json.loads(person.out)
    person.apply(form="json")
    applied = json.loads(person.out)
    person.destroy(form="json")

    assert planned["counts"]["create"] == 23
    assert applied["checksum"] == planned["checksum"]
    assert json.loads(person.out)["left"] == []
    assert len(json.loads(person.out)["deleted"]) == 22


def test_an_apply_is_bound_to_the_plan_that_was_reviewed(sandbox: Sandbox, person: Person) -> None:
    person.plan(form="json")
    checksum = json.loads(person.out)["checksum"]
    principals = resources(sandbox)

    assert "belongs to another plan" in person.refused(person.apply, checksum="0" * 64)
    assert resources(sandbox) == principals
    assert person.apply(checksum=checksum) == 0


def test_without_a_terminal_and_without_yes_nothing_is_changed(sandbox: Sandbox, person: Person) -> None:
    assert "add --yes" in person.refused(person.apply, yes=False)
    assert all(exchange.method in ("GET", "POST") for exchange in sandbox.journal.exchanges())
    person.apply()
    assert "add --yes" in person.refused(person.destroy, yes=False)
    assert person.plan() == 0


def test_at_a_terminal_only_a_yes_changes_anything(person: Person) -> None:
    person.answers("no\n")
    assert person.refused(person.apply, yes=False) == "Nothing was changed: the answer was not yes."
    assert "Apply these 23 changes? [yes/no]" in person.err
    assert person.plan() == 2
    person.answers("yes\n")
    assert person.apply(yes=False) == 0
    person.answers("\n")
    assert person.refused(person.destroy, yes=False) == "Nothing was changed: the answer was not yes."
    assert person.plan() == 0


def test_render_prints_what_apply_sends(person: Person) -> None:
    out = io.StringIO()
    assert render(person.environment, "Finance", Terminal(out, io.StringIO(), io.StringIO(), {})) == 0
    body = json.loads(out.getvalue())

    person.apply("Finance")
    person.plan("Finance", form="json")
    assert body["tags"]["lockstep-catalog"] == FINANCE
    assert json.loads(person.out)["changes"] == []
    assert body["properties"]["definition"]["triggers"]["manual"]["type"] == "Request"


def test_render_of_an_unknown_catalog_names_those_that_are_listed(person: Person) -> None:
    terminal = Terminal(io.StringIO(), io.StringIO(), io.StringIO(), {})

    text = person.refused(render, person.environment, "Payroll", terminal)

    assert "Payroll is not a catalog of environment sandbox" in text
    assert "Finance, Engineering" in text


def test_a_silent_worker_and_an_unknown_catalog_are_told_together_and_nothing_is_changed(
    sandbox: Sandbox, person: Person
) -> None:
    sandbox.world.cloud.account.groups["onprem-workers"].last_seen = sandbox.clock.now().replace(year=2020)
    file = Path(person.environment)
    file.write_text(file.read_text(encoding="utf-8").replace("- Engineering", "- Enginering"), encoding="utf-8")

    text = person.refused(person.apply)

    assert "silent since 2020" in text
    assert "there is no catalog Enginering" in text
    assert "nothing was changed" in text


def test_a_runbook_that_was_edited_by_hand_is_shown_and_put_right(sandbox: Sandbox, person: Person) -> None:
    person.apply()
    runbook = sandbox.world.cloud.runbooks.find("lockstep")
    assert runbook is not None
    runbook.published = f"{runbook.published}\nprint('by hand')\n"
    runbook.tags = {**runbook.tags, "cost": "4711", "lockstep-content": "x"}

    assert person.plan() == 2
    assert "content: 0 lines added, 2 removed" in person.out
    assert person.apply() == 0
    assert person.plan() == 0
    again = sandbox.world.cloud.runbooks.find("lockstep")
    assert again is not None
    assert again.tags["cost"] == "4711"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (("GET", "automationAccounts/aa-identity\\?", 403), "No permission for GET"),
        (("PUT", "Microsoft.Logic/workflows", 403), "No permission for PUT"),
        (("GET", "assignmentPolicies", 403), "EntitlementManagement.Read.All"),
        (("POST", "customWorkflowExtensions", 403), "EntitlementManagement.ReadWrite.All"),
        (("POST", "oauth2", 401), "No sign-in to tenant"),
    ],
)
def test_what_is_not_allowed_is_told_with_the_permission_that_is_missing(
    sandbox: Sandbox, person: Person, fault: tuple[str, str, int], expected: str
) -> None:
    method, path, status = fault
    break_at(sandbox, {"method": method, "path": path, "status": status, "times": 99})

    assert expected in person.refused(person.apply)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("runbooks/lockstep\\?", "lost"),
        ("variables/", 503),
        ("assignmentPolicies/", 429),
        ("assignmentPolicies/", "lost"),
    ],
)
def test_a_throttled_or_lost_answer_in_the_middle_is_survived_or_finished_by_the_next_apply(
    sandbox: Sandbox, person: Person, path: str, status: int | str
) -> None:
    break_at(sandbox, {"method": "PUT", "path": path, "status": status, "retry_after": 1})

    try:
        person.apply()
    except Exception as error:  # noqa: BLE001 - whichever it is, the next apply has to finish
        assert "run the same command again" in str(error)  # noqa: PT017 - not every case raises

    break_at(sandbox)
    assert person.apply() == 0
    assert person.plan() == 0


def test_a_failure_ends_its_catalog_only_and_the_next_apply_does_the_rest(sandbox: Sandbox, person: Person) -> None:
    break_at(sandbox, {"method": "PUT", "path": "workflows/lockstep-sandbox-finance", "status": 403, "times": 99})

    told = person.refused(person.apply)

    assert "Finance: stopped at create Logic App lockstep-sandbox-finance: No permission for PUT" in told
    assert "Engineering: done (6)" in told
    assert "    create custom extension Finance" in told.partition("  not tried:")[2]
    assert "Engineering: created custom extension Engineering" in person.err
    break_at(sandbox)
    assert person.apply() == 0
    assert person.plan() == 0


def test_one_read_that_fails_fails_the_whole_however_many_are_read_at_once(sandbox: Sandbox, person: Person) -> None:
    break_at(sandbox, {"method": "GET", "path": "customWorkflowExtensions", "status": 403, "times": 1})

    assert "EntitlementManagement.Read.All" in person.refused(person.plan)
    assert all(exchange.method in {"GET", "POST"} for exchange in sandbox.journal.exchanges())


def test_no_token_file_is_told_with_the_remedy(sandbox: Sandbox, person: Person) -> None:
    file = Path(person.environment)
    file.write_text(file.read_text(encoding="utf-8").replace("deployer.jwt", "none.jwt"), encoding="utf-8")

    assert "Check `credential.client_id`, `credential.token_file`" in person.refused(person.plan)
    assert sandbox.journal.failures() == []


def test_an_authority_that_is_not_trusted_is_told_with_the_remedy(person: Person, tmp_path: Path) -> None:
    other = CertificateAuthority(tmp_path)
    file = Path(person.environment)
    text = file.read_text(encoding="utf-8")
    own: Any = next(line for line in text.splitlines() if line.strip().startswith("ca_file:"))
    file.write_text(text.replace(own, f"  ca_file: {other.ca_file}", 1), encoding="utf-8")

    text = person.refused(person.plan)

    assert "certificate" in text.lower()
