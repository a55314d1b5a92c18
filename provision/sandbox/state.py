"""The sandbox's state folder: what is in it, and the record of the process that serves it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "LOCKSTEP_SANDBOX_DIR"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Names of the files in the folder; nothing is made before it is written."""

    path: Path

    @property
    def ca_file(self) -> Path:
        """The certificate that clients trust."""
        return self.path / "ca.pem"

    @property
    def deployer_token(self) -> Path:
        """The federated token with which `lockstep` signs in."""
        return self.path / "deployer.jwt"

    @property
    def administrator_token(self) -> Path:
        """The federated token of the application that gives permissions to the others."""
        return self.path / "administrator.jwt"

    @property
    def administrator(self) -> Path:
        """The environment file that signs in as that application, while a background process serves."""
        return self.path / "administrator.yaml"

    @property
    def control_token(self) -> Path:
        """The bearer token of the control plane."""
        return self.path / "control.token"

    @property
    def record(self) -> Path:
        """Who serves this folder, and where."""
        return self.path / "sandbox.json"

    @property
    def log(self) -> Path:
        """What went wrong inside."""
        return self.path / "sandbox.log"

    @property
    def jobs(self) -> Path:
        """Where the hybrid worker works."""
        return self.path / "jobs"

    def prepare(self) -> None:
        """Make the folder, for its owner only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_secret(self, file: Path, text: str) -> None:
        """Write a file that only its owner can read."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)


@dataclass(frozen=True, slots=True)
class Record:
    """The process that serves a state folder."""

    pid: int
    url: str
    directory: str
    directory_url: str
    speed: float

    def write(self, folder: StateFolder) -> None:
        """Keep it in the folder."""
        folder.record.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def read_record(folder: StateFolder) -> Record | None:
    """The record in the folder; None when there is none, or none that can be read."""
    try:
        return Record(**json.loads(folder.record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def default_folder(environ: Mapping[str, str] = os.environ) -> StateFolder:
    """LOCKSTEP_SANDBOX_DIR, or `lockstep/sandbox` in the user's state folder."""
    named = environ.get(VARIABLE)
    if named:
        return StateFolder(Path(named).expanduser().resolve())
    return StateFolder(Path("~/.local/state/lockstep/sandbox").expanduser())
