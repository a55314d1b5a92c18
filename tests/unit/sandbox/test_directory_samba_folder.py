from __future__ import annotations

from pathlib import Path

import pytest

from provision.sandbox.directory import DirectoryError
from provision.sandbox.directory.population import SEED
from provision.sandbox.directory.samba_folder import PATH_LIMIT, SambaFolder

CERTIFICATE = (Path("server.pem"), Path("server.key"))


def folder(path: str) -> SambaFolder:
    return SambaFolder(Path(path), "127.0.0.2", CERTIFICATE, SEED)


def test_a_path_too_long_for_sambas_sockets_is_refused_before_anything_is_done() -> None:
    folder("/" + "x" * (PATH_LIMIT - 1)).check_path()
    with pytest.raises(DirectoryError, match=f"at most {PATH_LIMIT} bytes"):
        folder("/" + "x" * PATH_LIMIT).check_path()
    with pytest.raises(DirectoryError, match="shorter state folder"):
        folder("/" + "é" * (PATH_LIMIT // 2)).check_path()


def test_a_folder_without_a_snapshot_is_not_provisioned(tmp_path: Path) -> None:
    assert not folder(str(tmp_path)).provisioned()
