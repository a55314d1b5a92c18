"""Section `safety`: who leaves a group, how much may be taken away at once, and what must never be touched. Pure.

The budgets' defaults are the runbook's own (`runbook/safety.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from provision.environment.section import Section, Shape, refuse
from runbook.group_name import GroupNameInvalid, parse_group_name
from runbook.safety import Budgets as Defaults
from runbook.safety import Limit as Default

Mode: TypeAlias = Literal["additive", "managed", "authoritative"]
NO_LIMIT: Final = "none"


def _group(text: str) -> str:
    try:
        parse_group_name(text)
    except GroupNameInvalid as error:
        raise ValueError(str(error)) from error
    return text


def _number(most: int | None, noun: str) -> Callable[[Any], int | None]:
    """A whole number, or None for no limit. Nothing at all is refused: it would lift the limit by mistake."""

    def check(value: Any) -> int | None:
        if value == NO_LIMIT:
            return None
        if type(value) is not int or value < 0 or (most is not None and value > most):  # True is an int too
            raise ValueError(f"must be {noun}, or none for no limit")
        return value

    return check


def _schema(**bounds: int) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, **bounds}, {"const": NO_LIMIT}]})


Count = Annotated[int | None, PlainValidator(_number(None, "a whole number of memberships")), _schema()]
Percent = Annotated[int | None, PlainValidator(_number(100, "a whole number from 0 to 100")), _schema(maximum=100)]
GroupName = Annotated[str, AfterValidator(_group)]
Sid = Annotated[str, Shape(r"[Ss]-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15}", "write a SID, S-1-5-21-...")]


class Limit(Section):
    """At most how many memberships are taken away; with more, nothing is in this run. Keys left out have defaults."""

    count: Count = Field(None, examples=[200])
    """So many, or `none`."""
    percent: Percent = Field(None, examples=[10])
    """So much of the memberships that there are, or `none`."""
    minimum: Annotated[int, Field(strict=True, ge=0)] = Field(0, examples=[50])
    """Where there are fewer memberships, the percentage is of this number: so many may always go."""


def _filled(default: Default) -> BeforeValidator:
    """A key that is left out keeps the runbook's default, also when its neighbours are written."""
    known = {key: NO_LIMIT if value is None else value for key, value in asdict(default).items()}
    return BeforeValidator(lambda value: {**known, **value} if isinstance(value, dict) else value)


def _described(default: Default) -> Any:
    written = {key: value for key, value in asdict(default).items() if value}
    return Field(default_factory=lambda: Limit.model_validate(written), examples=[written or {"count": 20}])


class Budgets(Section):
    """How much one run may take away: counted before anything is written. Over a budget, nothing is taken away."""

    run: Annotated[Limit, _filled(Defaults().run)] = _described(Defaults().run)
    """Of all managed groups together. Default: 500, and 10 percent of 50 memberships or more: 5 always may."""
    group: Annotated[Limit, _filled(Defaults().group)] = _described(Defaults().group)
    """Of any one group. Default: 25 percent of 20 members or more: 5 always may."""
    user: Annotated[Limit, _filled(Defaults().user)] = _described(Defaults().user)
    """Of any one person, in all groups. Default: no limit, because who leaves loses everything."""


class GroupRule(Section):
    """What holds for one group."""

    group: GroupName = Field(examples=["VPN_Users"])
    r"""A name, DOMAIN\name, a distinguished name, a GUID or a SID."""
    mode: Mode | None = Field(None, examples=["additive"])
    """Who leaves it, whatever the environment and its access packages say."""
    minimum_members: Annotated[int, Field(strict=True, ge=0)] = Field(0, examples=[3])
    """So many members it always keeps: what would go below is not taken away."""

    @model_validator(mode="after")
    def _says_something(self) -> GroupRule:
        if self.mode is None and not self.minimum_members:
            raise ValueError("says nothing; write mode or minimum_members, or remove it")
        return self


class Safety(Section):
    """What the runbook takes away, and what it refuses to touch beside what AD itself treats as privileged."""

    mode: Mode = "authoritative"
    """Who leaves a managed group. `authoritative`: whoever has no live assignment that gives it. `managed`: only who
    has an assignment for it that has ended. `additive`: nobody."""
    budgets: Budgets = Field(default_factory=lambda: Budgets.model_validate({}), examples=[{"run": {"count": 200}}])
    """How much a run may take away."""
    groups: tuple[GroupRule, ...] = Field((), examples=[[{"group": "VPN_Users", "mode": "additive"}]])
    """Groups with rules of their own."""
    distribution_groups: Annotated[bool, Field(strict=True)] = Field(default=False, examples=[True])
    """Whether groups that give no rights (distribution groups) may be changed."""
    protected_groups: tuple[GroupName, ...] = Field((), examples=[["Domain Admins"]])
    r"""Groups that no mapping may reach: a name, DOMAIN\name, a distinguished name, a GUID or a SID."""
    protected_users: tuple[Sid, ...] = Field((), examples=[["S-1-5-21-1-2-3-500"]])
    """People whose memberships are never changed, by SID: break-glass accounts belong here."""

    @field_validator("groups")
    @classmethod
    def _each_once(cls, rules: tuple[GroupRule, ...]) -> tuple[GroupRule, ...]:
        names = [parse_group_name(rule.group) for rule in rules]
        keys = [name.comparable for name in names]
        refuse(
            ((place, "group"), f"'{names[place]}' has a rule already; make one of the two")
            for place, key in enumerate(keys)
            if key in keys[:place]
        )
        return rules
