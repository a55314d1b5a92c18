"""Section `callout`: how long Entra waits, how the Logic App watches the job, and what happens when it fails. Pure.

Entitlement management waits 5 minutes to 14 days.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from provision.environment.waiting import SHORTEST_WAIT, Waiting

LONGEST_WAIT: Final = 14 * 24 * 60


class Callout(Waiting):
    """What happens between Entra and the Logic App. Every key has a default."""

    launch_and_wait_minutes: Annotated[int, Field(strict=True, ge=SHORTEST_WAIT, le=LONGEST_WAIT)] = Field(
        15, examples=[15]
    )
    """How long Entra waits for the answer: 5 minutes to 14 days (20160)."""
    stages: tuple[Literal["assignmentRequestGranted", "assignmentRequestRemoved"], ...] = Field(
        ("assignmentRequestGranted", "assignmentRequestRemoved"),
        min_length=1,
        examples=[["assignmentRequestGranted", "assignmentRequestRemoved"]],
    )
    """The stages of a request at which Entra calls."""
    on_failure: Literal["hold", "resume"] = "hold"
    """When a job fails. `hold`: no answer, the request expires in Entra. `resume`: answer, with the reason as text."""

    @field_validator("stages")
    @classmethod
    def _each_once(cls, stages: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(stages)) != len(stages):
            raise ValueError("names a stage twice; remove one")
        return stages
