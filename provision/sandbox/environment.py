"""The environment file of a running sandbox: `environments/sandbox.yaml` with its own addresses and folder.

The committed file is the one truth; here only what depends on the ports and the folder is exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provision.sandbox.multitude import mapping_text
from provision.sandbox.seed import ADMINISTRATOR_APP_ID, DEPLOYER_APP_ID, SeedCatalog

URL = "https://127.0.0.1:18443"
DIRECTORY_URL = "ldaps://localhost:18636"
FOLDER = "~/.local/state/lockstep/sandbox"
NAME = "sandbox.yaml"
MAPPING = "sandbox.mapping.json"
CATALOGS = "catalogs:\n  - Finance\n  - Engineering\n"

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "environments", _PACKAGE.parent / "environments")


def original() -> Path:
    """The folder of the environment files: inside the installed package, or beside it in the checkout."""
    for place in _PLACES:
        if (place / NAME).is_file():
            return place
    raise FileNotFoundError(f"{NAME} is not part of this installation; looked in {_PLACES[0]} and {_PLACES[1]}")


def write_environment(target: Path, url: str, directory_url: str, folder: Path, *, administrator: bool = False) -> Path:
    """Write the adapted environment file to `target`, and beside it the mapping it names.

    It signs in as the deployer, or as the `administrator`.
    """
    source = original()
    text = (source / NAME).read_text(encoding="utf-8")
    exchanged = [(URL, url), (DIRECTORY_URL, directory_url), (FOLDER, folder.as_posix())]
    if administrator:
        exchanged += [(DEPLOYER_APP_ID, ADMINISTRATOR_APP_ID), ("deployer.jwt", "administrator.jwt")]
    for standard, own in exchanged:
        text = _exchanged(text, standard, own, source / NAME)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(MAPPING).write_bytes((source / MAPPING).read_bytes())
    target.write_text(text, encoding="utf-8")
    return target


def add_catalogs(target: Path, catalogs: Sequence[SeedCatalog]) -> None:
    """Let a written environment file name all of these catalogs that have packages, and its mapping their packages."""
    listed = "".join(f"  - {catalog.name}\n" for catalog in catalogs if catalog.packages)
    text = _exchanged(target.read_text(encoding="utf-8"), CATALOGS, f"catalogs:\n{listed}", target)
    target.write_text(text, encoding="utf-8")
    target.with_name(MAPPING).write_text(mapping_text(catalogs), encoding="utf-8")


def _exchanged(text: str, standard: str, own: str, where: Path) -> str:
    if standard not in text:
        raise ValueError(f"{where} does not hold {standard!r} any more, so it cannot be adapted")
    return text.replace(standard, own)
