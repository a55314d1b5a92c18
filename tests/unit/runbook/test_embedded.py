from __future__ import annotations

import base64
import importlib
import io
import sys
import traceback
import zipfile
from collections.abc import Iterator

import pytest

from runbook.embedded import use_embedded

FILES = {
    "lockstep_try/__init__.py": "from . import inner\nfrom .sub.deep import VALUE\n",
    "lockstep_try/inner.py": "def fail():\n    raise RuntimeError('x')  # a line to be seen\n",
    "lockstep_try/sub/__init__.py": "",
    "lockstep_try/sub/deep.py": "from .. import inner\nVALUE = 'caf\\xe9'\n",
    "other_try/__init__.py": "",
}


@pytest.fixture
def archive() -> Iterator[str]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, text in FILES.items():
            packed.writestr(name, text)
    before = list(sys.meta_path)
    yield base64.b64encode(buffer.getvalue()).decode()
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] in {"lockstep_try", "other_try"}]:
        del sys.modules[name]


def test_packages_come_from_the_archive_with_their_parts(archive: str) -> None:
    use_embedded(archive, ("lockstep_try",))

    package = importlib.import_module("lockstep_try")

    assert package.VALUE == "café"
    assert package.__spec__
    assert package.__spec__.origin == "<embedded>/lockstep_try/__init__.py"


def test_tracebacks_show_the_lines(archive: str) -> None:
    use_embedded(archive, ("lockstep_try",))
    inner = importlib.import_module("lockstep_try.inner")

    with pytest.raises(RuntimeError) as failure:
        inner.fail()

    assert "a line to be seen" in "".join(traceback.format_tb(failure.value.__traceback__))


def test_only_the_named_packages_and_their_files_are_found(archive: str) -> None:
    use_embedded(archive, ("lockstep_try",))

    for name in ("other_try", "lockstep_try.absent"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_the_archive_wins_over_an_installed_copy(archive: str) -> None:
    use_embedded(archive, ("lockstep_try",))

    assert type(sys.meta_path[0]).__name__ == "EmbeddedPackages"


def test_an_archive_is_unpacked_only_when_it_is_needed() -> None:
    before = list(sys.meta_path)
    use_embedded("this is no archive", ("lockstep_try",))
    try:
        assert importlib.import_module("json")
    finally:
        sys.meta_path[:] = before
