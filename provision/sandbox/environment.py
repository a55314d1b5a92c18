"""The environment file of a running sandbox: `environments/sandbox.yaml` with its own addresses and folder.

The committed file is the one truth; here only what depends on the ports and the folder is exchanged.
"""

from __future__ import annotations

from pathlib import Path

URL = "https://127.0.0.1:18443"
DIRECTORY_URL = "ldaps://localhost:18636"
FOLDER = "~/.local/state/lockstep/sandbox"
NAME = "sandbox.yaml"
MAPPING = "sandbox.mapping.json"

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "environments", _PACKAGE.parent / "environments")


def original() -> Path:
    """The folder of the environment files: inside the installed package, or beside it in the checkout."""
    for place in _PLACES:
        if (place / NAME).is_file():
            return place
    raise FileNotFoundError(f"{NAME} is not part of this installation; looked in {_PLACES[0]} and {_PLACES[1]}")


def write_environment(target: Path, url: str, directory_url: str, folder: Path) -> Path:
    """Write the adapted environment file to `target`, and beside it the mapping it names."""
    source = original()
    text = (source / NAME).read_text(encoding="utf-8")
    for standard, own in ((URL, url), (DIRECTORY_URL, directory_url), (FOLDER, folder.as_posix())):
        if standard not in text:
            raise ValueError(f"{source / NAME} does not hold {standard} any more, so it cannot be adapted")
        text = text.replace(standard, own)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(MAPPING).write_bytes((source / MAPPING).read_bytes())
    target.write_text(text, encoding="utf-8")
    return target
