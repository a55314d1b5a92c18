"""Which file an environment is in. I/O: looks into folders and reads the one file."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from provision import assets
from provision.errors import ProvisionError

ENDINGS: Final = (".yaml", ".yml", ".json")


def environment_file(reference: str, folder: Path) -> Path:
    """The file that `reference` means: a path as it is, a name in `folder` or else among the packaged environments.

    Raises:
        ProvisionError: there is none; its text lists those that are there.
    """
    if _is_path(reference):
        path = Path(reference).expanduser()
        if path.is_file():
            return path
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ProvisionError(f"the environment file {path} {what}. {_there(reference, folder)}")
    folders = (folder, assets.path("environments"))
    for path in (place / f"{reference}{ending}" for place in folders for ending in ENDINGS):
        if path.is_file():
            return path
    raise ProvisionError(f"there is no environment '{reference}' in {folder}/. {_there(reference, folder)}")


def text(path: Path) -> str:
    """The file's text.

    Raises:
        ProvisionError: it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProvisionError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ProvisionError(f"{path}:{line}:{column}: not UTF-8; save the file as UTF-8") from error


def _is_path(reference: str) -> bool:
    return "/" in reference or "\\" in reference or reference.endswith(ENDINGS)


def _there(reference: str, folder: Path) -> str:
    names = sorted({path.stem for place in (folder, assets.path("environments")) for path in _listed(place)})
    close = difflib.get_close_matches(Path(reference).stem, names, n=1)
    guess = f"Did you mean {close[0]}? " if close else ""
    return (
        f"{guess}Known names: {', '.join(names)}. Any other file can be given by its path, as in -e path/to/file.yaml."
    )


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.suffix in ENDINGS[:2] and path.is_file()]
