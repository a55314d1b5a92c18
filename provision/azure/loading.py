"""One thread at a time loads SDKs: packages that import each other in two threads may show one of them half loaded."""

from __future__ import annotations

import threading
from typing import Final

LOADING: Final = threading.RLock()
