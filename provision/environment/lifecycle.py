"""Section `lifecycle_workflows`: which workflows of Lifecycle Workflows start a job, and how long they wait. Pure.

Source: Microsoft Graph v1.0, customExtensionCallbackConfiguration: Lifecycle Workflows waits 5 minutes to 3 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, GetPydanticSchema, field_validator, model_validator

from provision.environment.section import Guid, LogicAppName, Section, Text, exactly_one, named_or_given, refuse
from provision.environment.waiting import SHORTEST_WAIT, Waiting

LONGEST_WAIT: Final = 3 * 60


class LifecycleWorkflow(Section):
    """A workflow of Lifecycle Workflows, by name or by id."""

    id: Guid | None = Field(None, examples=["66666666-6666-4666-8666-666666666601"])
    """The workflow's id."""
    name: Text | None = Field(None, examples=["Onboard new hire"])
    """The workflow's display name; it must exist exactly once."""

    @property
    def label(self) -> str:
        """How the environment file calls it."""
        return self.name or self.id or ""

    @model_validator(mode="after")
    def _is_named(self) -> LifecycleWorkflow:
        exactly_one(self, ("id", "name"))
        return self


def _listed(value: Any) -> Any:
    return value if isinstance(value, LifecycleWorkflow) else named_or_given(value, "workflow")


ListedWorkflow = Annotated[LifecycleWorkflow, BeforeValidator(_listed, json_schema_input_type=Text | LifecycleWorkflow)]


class LifecycleWorkflows(Waiting):
    """Which workflows get the task, and how they wait for it. Without this section no workflow gets one."""

    launch_and_wait_minutes: Annotated[int, Field(strict=True, ge=SHORTEST_WAIT, le=LONGEST_WAIT)] = Field(
        30, examples=[30]
    )
    """How long a workflow waits for the answer: 5 minutes to 3 hours (180)."""
    workflows: tuple[ListedWorkflow, ...] = Field(min_length=1, examples=[["Onboard new hire"]])
    """The workflows that get the task, by name or by id. They exist already."""
    continue_on_error: Annotated[bool, Field(strict=True)] = Field(default=False, examples=[True])
    """Whether a workflow goes on with its next task when the job fails."""
    authorized_apps_key: Literal["id", "appId"] = Field("id", examples=["id"])
    """By which name the extension's `authorizedApps` names the Logic App's identity. Microsoft does not say which: try
    `appId` when the extension is refused, or when every callback is refused (403)."""
    logic_app: LogicAppName | None = Field(None, examples=["la-lifecycle"])
    """Name of the Logic App; default lockstep-ENVIRONMENT-lifecycle."""

    @field_validator("workflows")
    @classmethod
    def _each_once(cls, workflows: Sequence[LifecycleWorkflow]) -> Sequence[LifecycleWorkflow]:
        for key in ("name", "id"):
            values = [(getattr(workflow, key) or "").casefold() for workflow in workflows]
            refuse(
                ((place, key), f"'{getattr(workflows[place], key)}' is listed twice; remove one")
                for place, value in enumerate(values)
                if value and value in values[:place]
            )
        return workflows


WhenGiven = Annotated[
    LifecycleWorkflows | None, GetPydanticSchema(lambda _, handler: handler.generate_schema(LifecycleWorkflows))
]
"""The section, None when its key is absent. A key with nothing below it is refused: it would take everything away."""
