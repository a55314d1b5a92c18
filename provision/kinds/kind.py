"""What one kind of resource must know about itself: the Protocol of the modules in `KINDS`.

A kind is pure: it turns the blueprint into desired resources, the inventory into found ones of the same shape, and a
change into one request. It reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, TypeAlias

from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ServiceRefusal
from provision.inventory import Inventory
from provision.resource import Json, Request, Resource

Verdict: TypeAlias = Literal["done", "wait", "failed"]


class Kind(Protocol):
    """One kind of resource."""

    @property
    def KIND(self) -> str:  # noqa: N802 - a constant of the module
        """Its name in our words, as in every `Address`."""
        ...

    def desired(self, blueprint: Blueprint) -> Iterable[Resource]:
        """All resources of this kind that the blueprint asks for."""
        ...

    def found(self, inventory: Inventory) -> Iterable[Resource]:
        """All resources of this kind that are ours, and those of others that stand in the way."""
        ...

    def request(self, change: Change, current: Json) -> Request | None:
        """The write that makes `change`, or None when nothing is left to do.

        `current` is what the change's target holds at this moment (None: nothing); all References are resolved.

        Raises:
            ProvisionError: when the change must not be made any more.
        """
        ...

    def verdict(self, refusal: ServiceRefusal) -> Verdict:
        """What a refused write means: it was done before, it can succeed a little later, or it failed."""
        ...

    def doubt(self, change: Change, answer: Json) -> str:
        """Why the service's answer to the write does not prove the change; empty when it does."""
        ...


def failed(refusal: ServiceRefusal) -> Verdict:
    """The verdict of kinds whose refusals are final."""
    del refusal
    return "failed"


def no_doubt(change: Change, answer: Json) -> str:
    """For kinds whose services answer with nothing that could be checked."""
    del change, answer
    return ""
