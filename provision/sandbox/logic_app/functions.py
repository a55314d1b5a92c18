"""Every function the sandbox knows; a definition that uses another one is refused when it is deployed.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from provision.sandbox.logic_app.collection_functions import COLLECTION
from provision.sandbox.logic_app.conversion_functions import CONVERSION
from provision.sandbox.logic_app.date_functions import DATE
from provision.sandbox.logic_app.function import Function
from provision.sandbox.logic_app.logic_functions import LOGIC
from provision.sandbox.logic_app.number_functions import NUMBER
from provision.sandbox.logic_app.reference_functions import REFERENCE
from provision.sandbox.logic_app.text_functions import TEXT

FUNCTIONS: Mapping[str, Function] = {
    function.name.lower(): function
    for function in (*TEXT, *COLLECTION, *LOGIC, *NUMBER, *CONVERSION, *DATE, *REFERENCE)
}
"""By lower-case name: names are compared without case."""
