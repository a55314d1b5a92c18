"""`python -m provision` is `lockstep`."""

from __future__ import annotations

from provision.cli import main

raise SystemExit(main())
