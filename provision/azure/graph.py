"""Microsoft Graph v1.0 over the request builders of msgraph-sdk, with raw JSON bodies.

I/O: HTTPS to the cloud's Graph, on one event loop in a thread of its own; any thread may call. The SDK's models are not
used: they write durations wrongly and drop nulls, and a policy must be written back exactly as it was read. Every
failure leaves this file as a ProvisionError, every refusal as a ServiceRefusal.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from provision.azure.event_loop import EventLoop
from provision.azure.graph_nouns import BUILDERS, EVOLVING
from provision.azure.graph_refusal import explained, unreachable
from provision.azure.loading import LOADING
from provision.azure.request_log import logged_transport
from provision.cloud import CloudProfile
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import GraphCollection, GraphTarget, Json, Request

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials import TokenCredential
    from kiota_abstractions.base_request_builder import BaseRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

TIMEOUT_SECONDS: Final = 100.0


class Graph:
    """One tenant's Graph. `close` ends the event loop."""

    def __init__(
        self, cloud: CloudProfile, credential: TokenCredential, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`transport` carries the requests instead of the network."""
        self._cloud = cloud
        self._transport = transport
        self._credential = credential
        self._loop = EventLoop()

    def read(self, target: GraphTarget | GraphCollection) -> Json:
        """The object, every item of the collection over all pages, or None when Graph says that it is absent.

        Raises:
            ProvisionError: anything else.
        """
        try:
            first = self._loop.run(self._call("GET", target))
        except ServiceRefusal as refusal:
            if _says_absent(refusal):
                return None
            raise
        return self._loop.run(self._all(target, first)) if isinstance(target, GraphCollection) else first

    def send(self, request: Request, target: GraphTarget | GraphCollection) -> Json:
        """Makes one write to `target`; gives Graph's answer, unwrapped. Deleting what is absent is done.

        Raises:
            ServiceRefusal: Graph declined.
            ProvisionError: the write is not certain to have been made.
        """
        plain = GraphTarget(target.noun, target.keys)
        try:
            answer = self._loop.run(self._call(request.verb.upper(), plain, request.body))
        except ServiceRefusal as refusal:
            if request.verb == "delete" and _says_absent(refusal):
                return None
            raise
        wrapped = answer.get("value") if isinstance(answer, dict) else None
        return wrapped if isinstance(wrapped, dict) else answer  # Microsoft's examples wrap what it documents as bare

    def close(self) -> None:
        """Closes the connections and the event loop; what is under way ends with an error."""
        self._loop.close(self._hang_up())

    async def _hang_up(self) -> None:
        """Closes the transports one by one: those that msgraph-core puts around them do not hand a close on."""
        if "_http" not in self.__dict__:
            return
        around = (self._http._transport, *self._http._mounts.values())  # noqa: SLF001 - there is no other way to them
        for transport in around:
            if transport is not None:
                await getattr(transport, "transport", transport).aclose()
        await self._http.aclose()

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415 - SDKs are loaded when they are used
        from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # noqa: PLC0415 - as above

        from provision import trust  # noqa: PLC0415 - loads httpx

        verify = trust.context(self._cloud.ca_file)
        client = httpx.AsyncClient(verify=verify, timeout=TIMEOUT_SECONDS, transport=self._transport)
        self._note_requests(client)
        GraphClientFactory.create_with_default_middleware(client=client)  # fits its retries and so on into the client
        return client

    @staticmethod
    def _note_requests(client: httpx.AsyncClient) -> None:
        """Below what tries again, so that every attempt is seen."""
        client._transport = logged_transport(client._transport)  # noqa: SLF001 - there is no other way below
        client._mounts = {  # noqa: SLF001 - as above
            pattern: transport and logged_transport(transport)
            for pattern, transport in client._mounts.items()  # noqa: SLF001 - as above
        }

    @cached_property
    def _client(self) -> GraphServiceClient:
        from kiota_authentication_azure.azure_identity_authentication_provider import (  # noqa: PLC0415 - as above
            AzureIdentityAuthenticationProvider,
        )
        from msgraph.graph_request_adapter import GraphRequestAdapter  # noqa: PLC0415 - as above
        from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415 - as above

        host = urlsplit(self._cloud.graph).hostname or ""
        provider = AzureIdentityAuthenticationProvider(
            self._credential, scopes=[self._cloud.graph_scope], allowed_hosts=[host]
        )
        adapter = GraphRequestAdapter(provider, client=self._http)
        adapter.base_url = f"{self._cloud.graph}/v1.0"
        return GraphServiceClient(request_adapter=adapter)

    async def _all(self, target: GraphCollection, page: Json) -> list[Json]:
        items: list[Json] = []
        seen: set[str] = set()
        while True:
            if not isinstance(page, dict) or not isinstance(page.get("value"), list):
                raise ProvisionError(f"Microsoft Graph answered {target.noun} without a list. Try again later.")
            items += page["value"]
            link = page.get("@odata.nextLink")
            if not link:
                return items
            if link in seen or not self._is_own(link):
                raise ProvisionError(f"Microsoft Graph gave no way to the rest of {target.noun}. Try again later.")
            seen.add(link)
            page = await self._call("GET", target, link=link)

    def _is_own(self, link: str) -> bool:
        """Whether a link stays with this Graph, the only host that may see the token."""
        ours, theirs = urlsplit(self._cloud.graph), urlsplit(link)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    async def _call(
        self, method: str, target: GraphTarget | GraphCollection, body: Json = None, link: str = ""
    ) -> Json:
        import httpx  # noqa: PLC0415 - as above
        from kiota_abstractions.api_error import APIError  # noqa: PLC0415 - as above

        try:
            response = await self._exchange(method, target, body, link)
        except (httpx.HTTPError, APIError) as error:
            raise unreachable(self._cloud.graph, error) from error
        return _read(response, method, target.noun)

    async def _exchange(
        self, method: str, target: GraphTarget | GraphCollection, body: Json, link: str
    ) -> httpx.Response:
        from kiota_abstractions.method import Method  # noqa: PLC0415 - as above
        from kiota_abstractions.native_response_handler import NativeResponseHandler  # noqa: PLC0415 - as above
        from kiota_abstractions.request_information import RequestInformation  # noqa: PLC0415 - as above
        from kiota_http.middleware.options import ResponseHandlerOption, RetryHandlerOption  # noqa: PLC0415 - as above

        with LOADING:
            client = self._client
        builder: BaseRequestBuilder = BUILDERS[target.noun](client, target.keys)
        request = RequestInformation(Method[method], builder.url_template, dict(builder.path_parameters))
        options = {"%24expand": target.expand, "%24filter": getattr(target, "filter", "")}
        request.query_parameters = {name: value for name, value in options.items() if value}
        if link:
            request.url = link
        request.headers.try_add("Accept", "application/json")
        if target.noun in EVOLVING:
            request.headers.try_add("Prefer", "include-unknown-enum-members")
        if body is not None:
            request.set_stream_content(json.dumps(body).encode(), "application/json")
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        if method == "POST":  # a 503 or 504 may follow what was done, and a second POST would make a second object
            request.add_request_options([RetryHandlerOption(should_retry=False)])
        answer: Any = await client.request_adapter.send_primitive_async(request, "bytes", {})
        return cast("httpx.Response", answer)  # the handler gives the response itself


def _says_absent(refusal: ServiceRefusal) -> bool:
    """Whether Graph itself says that the object does not exist; a proxy's 404 does not."""
    return refusal.status == 404 and bool(refusal.code)


def _read(response: httpx.Response, method: str, noun: str) -> Json:
    try:
        body = response.json() if response.content.strip() else None
    except ValueError:
        body = None if response.status_code >= 400 else ...
    if response.status_code >= 400:
        error = body.get("error") if isinstance(body, dict) else None
        error = error if isinstance(error, dict) else {}
        raise explained(response.status_code, error.get("code") or "", error.get("message") or "", method, noun)
    if body is ... or response.status_code == 202 or (method == "GET" and body is None):
        raise ProvisionError(f"Microsoft Graph answered {method} of {noun} in a way that proves nothing. Try again.")
    return body
