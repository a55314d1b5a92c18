"""Mappings that cannot be used, typed against a running sandbox: told with their remedy, and nothing is changed."""

from __future__ import annotations

import pytest

from tests.end_to_end.mistake import Disturb, Mistake, check_refused, in_file
from tests.end_to_end.scene import Scene

ANALYST, MANAGER, ENGINEER = "777777777701", "777777777702", "777777777703"
GROUPS = '"Finance_Readers",\n        "Finance_Reports"'
GITHUB = """mapping:
  source: github
  api: {url}
  repository: contoso/identity
  path: mapping.json
  ref: main
"""


def mapped(old: str, new: str) -> Disturb:
    """Another text in the mapping."""

    def disturb(scene: Scene) -> None:
        assert old in scene.mapping, old
        scene.mapping_file.write_text(scene.mapping.replace(old, new), encoding="utf-8")

    return disturb


def written(text: str | bytes) -> Disturb:
    content = text if isinstance(text, bytes) else text.encode()
    return lambda scene: scene.mapping_file.write_bytes(content)


def from_github(**changes: str) -> Disturb:
    def disturb(scene: Scene) -> None:
        section = GITHUB.format(url=scene.sandbox.url)
        for key, value in changes.items():
            lines = [line for line in section.splitlines() if not line.startswith(f"  {key}:")]
            section = "\n".join([*lines, f"  {key}: {value}"]) + "\n"
        scene.change("mapping:\n  source: environment\n  file: sandbox.mapping.json\n", section)

    return disturb


MAPPING = (
    Mistake(
        "absent",
        in_file("file: sandbox.mapping.json", "file: none.json"),
        ("none.json does not exist; write it, or correct the path",),
        "none.json",
    ),
    Mistake("a folder", in_file("file: sandbox.mapping.json", "file: ."), ("cannot be read: Is a directory",)),
    Mistake("not UTF-8", written(b"\xff\xfe{"), ("sandbox.mapping.json: is not UTF-8; save the file as UTF-8",)),
    Mistake("empty", written(""), (':1:1: the mapping is empty; write {"AccessPackages": [',)),
    Mistake("only blanks", written("\ufeff \n"), (":1:1: the mapping is empty",)),
    Mistake(
        "without packages",
        written('{"AccessPackages": []}'),
        ('"AccessPackages" is empty; list at least one access package',),
        "[]",
        in_mapping=True,
    ),
    Mistake("not JSON", lambda s: s.mapping_file.write_text(s.mapping[:-5]), ("not JSON: expected ','",)),
    Mistake("YAML", written("AccessPackages:\n- x\n"), (":1:1: not JSON",)),
    Mistake(
        "a package twice",
        mapped(MANAGER, ANALYST),
        (f"access package 77777777-7777-4777-8777-{ANALYST} is already mapped in line 3; merge the two",),
    ),
    Mistake(
        "a package of no catalog",
        mapped(MANAGER, "777777777709"),
        ("777777777709 is in none of the catalogs Finance, Engineering. Correct the id, or list its catalog",),
    ),
    Mistake(
        "a package of a catalog that is not listed",
        in_file("  - Engineering\n", ""),
        (f"{ENGINEER} is in none of the catalogs Finance.",),
    ),
    Mistake(
        "names that AD cannot have",
        mapped(GROUPS, r'"Fin\"ance", "a*", "OU=x,y", "LAB\\", " a", ""'),
        (
            "'Fin\"ance' has the character '\"', which no AD account name can have",
            "'a*' has the character '*'",
            "'OU=x,y' is neither a group name nor a distinguished name",
            "'LAB\\' is not a group name: write Group_A, DOMAIN\\Group_A, a DN, a GUID or a SID",
            "' a' begins or ends with a blank; remove it",
            "group is empty; write the group's name",
        ),
        r'"Fin\"ance"',
        in_mapping=True,
    ),
    Mistake(
        "an unknown mode",
        mapped('"ADGroups"', '"Mode": "strict", "ADGroups"'),
        ("'strict' is not one of additive, managed, authoritative",),
        '"strict"',
        in_mapping=True,
    ),
    Mistake(
        "a retired group that is still given",
        mapped('"AccessPackages"', '"RetiredGroups": ["finance_readers"], "AccessPackages"'),
        ("group 'finance_readers' is retired, and the access package in line 3 gives it; take it out of one of",),
        '"finance_readers"',
        in_mapping=True,
    ),
    Mistake(
        "no lock file",
        in_file("file: sandbox.mapping.json", "file: sandbox.mapping.json\n  lock: none.json"),
        ("none.json does not exist; `lockstep mapping lock -e ",),
        "none.json",
    ),
    Mistake(
        "a lock file that is none",
        in_file("file: sandbox.mapping.json", "file: sandbox.mapping.json\n  lock: sandbox.mapping.json"),
        ('sandbox.mapping.json:2:3: unknown key "AccessPackages"; known: Groups', 'key "Groups" is missing'),
    ),
    Mistake(
        "too large for a variable",
        lambda scene: scene.mapping_file.write_text(scene.mapping + " " * 1_048_576),
        ("variable lockstep-sandbox-mapping: ", "Azure Automation takes 1,048,576. Keep the mapping on the worker or"),
    ),
    Mistake(
        "not in the repository",
        from_github(path="nowhere.json"),
        ("github:contoso/identity/nowhere.json@main", "check mapping.repository, mapping.path and mapping.ref"),
    ),
    Mistake(
        "no token for the repository",
        from_github(token_variable="LOCKSTEP_NO_SUCH_VARIABLE"),
        ("the environment variable LOCKSTEP_NO_SUCH_VARIABLE is not set; put a token",),
    ),
    Mistake(
        "a token that GitHub refuses",
        from_github(token_variable="PATH"),
        ("GitHub does not accept the token in PATH; it may have expired: make a new one",),
    ),
)


@pytest.mark.parametrize("mistake", MAPPING, ids=lambda mistake: mistake.name)
def test_a_mapping_that_cannot_be_used_is_told_with_its_remedy(scene: Scene, mistake: Mistake) -> None:
    check_refused(scene, mistake)
