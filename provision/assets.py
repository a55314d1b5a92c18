"""Where the data files are: inside the installed package, or beside it in the checkout. Reads no file itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent


def path(name: str, package: Path = PACKAGE) -> Path:
    """The data file or folder of that name, such as `templates/entitlement.json.j2`.

    Raises:
        FileNotFoundError: it is in neither place, so the installation is incomplete.
    """
    places = (package / name, package.parent / name)
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} is not part of this installation; looked at {places[0]} and {places[1]}")
