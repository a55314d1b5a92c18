"""What becomes of memberships when an environment is destroyed."""

from __future__ import annotations

import json

import pytest

from provision import release
from provision.errors import ProvisionError
from provision.job_output import Ended
from provision.release import Counts, Memberships
from provision.resource import GraphCollection
from runbook.mapping import parse_mapping
from tests.fakes import InMemoryAzure, guid
from tests.ran import Answers
from tests.sample import looked_at, provisioned

MAPPING = parse_mapping(
    json.dumps(
        {
            "AccessPackages": [
                {"AccessPackageID": guid("p1"), "ADGroups": ["A", "B"]},
                {"AccessPackageID": guid("p2"), "ADGroups": ["b", "C"]},
            ]
        }
    ),
    "mapping.json",
)
ENDED = Ended("job", "Completed", {"outcome": "done", "detail": "2 people left 3 groups", "problems": ["x"]}, (), "")


def test_counts_are_of_live_assignments_of_mapped_packages() -> None:
    rows = [
        {"id": "1", "state": "delivered", "target": {"objectId": "ADA"}},
        {"id": "2", "state": "Delivering", "target": {"objectId": "ada"}},
        {"id": "3", "state": "expired", "target": {"objectId": "grace"}},
        {"id": "4", "state": "partiallyDelivered", "target": None},
    ]
    azure = Answers({("assignments",): rows})

    counted = release.counts(azure, MAPPING)

    assert counted == Counts(packages=2, assignments=6, people=2, groups=3)
    assert str(counted) == "6 live assignments of 2 mapped access packages, 2 people, 3 groups"
    assert azure.reads[0] == GraphCollection("assignments", (), f"accessPackage/id eq '{guid('p1')}'", "target")


def test_memberships_that_are_kept_are_told_with_the_way_to_remove_them() -> None:
    kept = Memberships("test")

    assert kept.told.startswith("AD groups keep their members.")
    assert "--memberships remove -e test" in kept.told
    assert kept.document()["choice"] == "keep"
    assert kept.document()["before"] is None


def test_memberships_that_were_removed_are_told_with_the_job() -> None:
    removed = Memberships("test", "remove", Counts(2, 6, 2, 3), ENDED)

    assert removed.told.endswith("3 groups before: 2 people left 3 groups")
    assert removed.document() == {
        "choice": "remove",
        "before": {"packages": 2, "assignments": 6, "people": 2, "groups": 3},
        "job": "job",
        "outcome": "done",
        "detail": "2 people left 3 groups",
        "problems": ["x"],
    }


def test_the_job_is_told_the_numbers_that_were_agreed_to() -> None:
    assert release.agreed(Memberships("test", "remove", Counts(2, 6, 5, 3))) == {"people": 5, "groups": 3}


def test_who_is_no_user_of_entra_yet_is_one_for_each_assignment_as_in_the_job() -> None:
    rows = [{"id": each, "state": "delivered", "target": {"id": "subject", "objectId": None}} for each in ("1", "2")]

    assert release.counts(Answers({("assignments",): rows}), MAPPING).people == 2


def test_removal_cannot_be_limited_to_a_catalog() -> None:
    with pytest.raises(ProvisionError, match="cannot be limited to one catalog"):
        release.refuse_impossible(looked_at(provisioned()), narrowed=True)


def test_removal_needs_the_runbook() -> None:
    release.refuse_impossible(looked_at(provisioned()), narrowed=False)
    with pytest.raises(ProvisionError, match="has none deployed; nothing was deleted"):
        release.refuse_impossible(looked_at(InMemoryAzure()), narrowed=False)
