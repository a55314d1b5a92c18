"""Which kinds of action there are, what each may hold, and what Azure knows beyond the sandbox.

Pure data. Sources: the published reference of actions and triggers; Microsoft's list of operation options.
"""

from __future__ import annotations

from collections.abc import Mapping

from provision.sandbox.logic_app.action_inputs import INPUTS

CONTAINERS = ("If", "Switch", "Scope", "Until")
EMULATED = (*INPUTS, *CONTAINERS)
FOREIGN = (
    "ApiConnection",
    "ApiConnectionWebhook",
    "ApiManagement",
    "AppendToArrayVariable",
    "AppendToStringVariable",
    "Batch",
    "DecrementVariable",
    "Expression",
    "FlatFileDecoding",
    "FlatFileEncoding",
    "Foreach",
    "Function",
    "HttpWebhook",
    "IncrementVariable",
    "IntegrationAccountArtifactLookup",
    "JavaScriptCode",
    "Join",
    "Liquid",
    "ParseJson",
    "Query",
    "Response",
    "Select",
    "SendToBatch",
    "Table",
    "Workflow",
    "XmlValidation",
    "Xslt",
)
COMMON_MEMBERS = frozenset({"type", "runAfter", "description", "metadata", "operationOptions", "runtimeConfiguration"})
FOREIGN_MEMBERS = ("trackedProperties", "kind")
MEMBERS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(INPUTS, frozenset({"inputs"})),
    "If": frozenset({"expression", "actions", "else"}),
    "Switch": frozenset({"expression", "cases", "default"}),
    "Scope": frozenset({"actions"}),
    "Until": frozenset({"expression", "limit", "actions"}),
}
OPTIONS: Mapping[str, tuple[str, ...]] = {"Http": ("DisableAsyncPattern",), "Until": ("FailWhenLimitsReached",)}
FOREIGN_OPTIONS = (
    "Sequential",
    "SingleInstance",
    "Asynchronous",
    "DisableAutomaticDecompression",
    "EnableSchemaValidation",
    "SuppressWorkflowHeaders",
    "SuppressWorkflowHeadersOnResponse",
    "IncludeAuthorizationHeadersInOutputs",
    "PersistRequestContextForConcurrencyControl",
    "FailWhenIterationFailed",
    "PreserveHttpContent",
)
SECURABLE: Mapping[str, tuple[str, ...]] = {"Http": ("inputs", "outputs"), "Compose": ("inputs",), "Wait": ("inputs",)}
