"""`customExtensionStageSettings` of a policy: which extension is called at which stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph.extension_rules import REQUEST_EXTENSION
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.service import Refusal

SETTING = "customExtensionStageSetting"


class StageSettings:
    """The stage settings of all policies."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def replace(self, policy: Entity, wanted: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """The ids of the settings of `policy` after `wanted` took the place of what it had.

        Raises:
            Refusal: 400 `InvalidModel` for a stage or extension that does not exist or fit; nothing has changed then.
        """
        old = {row.id: row for row in self._tenant.linked_rows(policy, "customExtensionStageSettings")}
        pairs = [self._pair(policy, setting, old) for setting in wanted]
        if len({(stage, extension) for _, stage, extension in pairs}) < len(pairs):
            raise _invalid("The same extension stands twice at one stage.")
        kept = []
        for key, stage, extension in pairs:
            kept.append(self._tenant.add(SETTING, {"stage": stage}, {"customExtension": extension}, key).id)
        for key in old.keys() - set(kept):
            self._tenant.remove(old[key])
        return tuple(kept)

    def _pair(self, policy: Entity, setting: Mapping[str, Any], old: Mapping[str, Entity]) -> tuple[str, str, str]:
        key = str(setting.get("id") or "")
        if key and key not in old:
            raise _invalid(f"The policy has no stage setting with id '{key}'.")
        if "stage" not in setting:
            raise _invalid("A stage setting needs its stage.")
        named = str((setting.get("customExtension") or {}).get("id") or "")
        extension = self._tenant.get("customCalloutExtension", named)
        if extension is None or extension.links["catalog"] != policy.links["catalog"]:
            raise _invalid(f"The custom extension '{named}' does not exist in the catalog of the policy.")
        stage = str(setting["stage"])
        if stage.startswith("assignmentRequest") != (extension.type == REQUEST_EXTENSION):
            raise _invalid(f"A {extension.type} cannot be called at the stage {stage}.")
        return key, stage, extension.id


def _invalid(message: str) -> Refusal:
    return Refusal(400, "InvalidModel", message)
