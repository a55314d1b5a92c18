from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

from provision.azure.credential import NETWORK, REMEDIES, TRUST, Credential, SignIn, _entra, credential, refused
from provision.cloud import PUBLIC
from provision.errors import ProvisionError
from provision.side_by_side import side_by_side

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "44444444-4444-4444-8444-444444444444"


class Inner:
    """A credential of the SDK."""

    def __init__(self, answer: AccessToken | Exception) -> None:
        self._answer = answer
        self.asked: list[Any] = []

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.asked.append((scopes, options))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def test_a_token_is_handed_through() -> None:
    inner = Inner(AccessToken("t", 1))

    assert Credential(inner, SignIn(TENANT, "azure_cli")).get_token("s", claims="c").token == "t"
    assert inner.asked == [(("s",), {"claims": "c"})]


def test_a_token_is_asked_for_once_by_however_many_threads_and_kept_while_it_is_good() -> None:
    inner = Inner(AccessToken("t", 4_000_000_000))
    signed_in = Credential(inner, SignIn(TENANT, "azure_cli"))

    side_by_side([lambda: signed_in.get_token("s", enable_cae=True)] * 8, 8)
    signed_in.get_token("other")

    assert [scopes for scopes, _ in inner.asked] == [("s",), ("other",)]


@pytest.mark.parametrize(
    ("expires", "options"),
    [(time.time() + 60, {}), (4_000_000_000, {"claims": "c"})],
    ids=["ends soon", "other claims"],
)
def test_a_token_that_ends_soon_or_lacks_claims_is_asked_for_again(expires: float, options: dict[str, Any]) -> None:
    inner = Inner(AccessToken("t", int(expires)))
    signed_in = Credential(inner, SignIn(TENANT, "azure_cli"))

    signed_in.get_token("s", **options)
    signed_in.get_token("s", **options)

    assert len(inner.asked) == 2


class Queue:
    """A lock that knows when so many are at it."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._barrier = threading.Semaphore(0)
        self._size = size

    def __enter__(self) -> None:
        self._barrier.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def full(self) -> None:
        """Returns when all are here."""
        for _ in range(self._size):
            assert self._barrier.acquire(timeout=30)


class Slow(Inner):
    """Fails the first time only when all the others are waiting."""

    def __init__(self, answer: Exception, queue: Queue) -> None:
        super().__init__(answer)
        self._queue = queue

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        if not self.asked:
            self._queue.full()
        return super().get_token(*scopes, **options)


def test_what_fails_while_others_wait_has_failed_for_them_too_and_is_tried_anew_later() -> None:
    queue = Queue(3)
    inner = Slow(ServiceRequestError("Connection refused"), queue)
    signed_in = Credential(inner, SignIn(TENANT, "azure_cli"))
    signed_in._lock = queue  # type: ignore[assignment]

    def ask() -> str:
        with pytest.raises(ProvisionError) as refusal:
            signed_in.get_token("s")
        return str(refusal.value)

    side_by_side([ask] * 3, 3)
    assert len(inner.asked) == 1
    ask()
    assert len(inner.asked) == 2


@pytest.mark.parametrize(
    "error",
    [
        ClientAuthenticationError("AADSTS700016: no such application"),
        FileNotFoundError("no token"),
        ValueError("empty"),
    ],
)
def test_every_failure_of_the_sign_in_says_what_to_do(error: Exception) -> None:
    with pytest.raises(ProvisionError, match=f"No sign-in to tenant {TENANT}") as refusal:
        Credential(Inner(error), SignIn(TENANT, "workload_identity")).get_token("s")

    assert str(refusal.value).endswith(REMEDIES["workload_identity"])


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ClientAuthenticationError("AADSTS90002: Tenant 'x' not found."), "Check `tenant` in the environment file."),
        (ServiceRequestError("[Errno 111] Connection refused"), NETWORK),
        (ServiceResponseError("Connection aborted."), NETWORK),
        (ServiceRequestError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), TRUST),
    ],
)
def test_a_reason_that_is_not_the_credential_has_its_own_remedy(error: Exception, remedy: str) -> None:
    with pytest.raises(ProvisionError) as refusal:
        Credential(Inner(error), SignIn(TENANT, "workload_identity")).get_token("s")

    assert str(refusal.value).endswith(f". {remedy}")


def test_only_the_reason_is_told() -> None:
    reason = "AADSTS70043: The refresh token has expired.\r\nTrace ID: 1 Correlation ID: 2 Timestamp: 3"

    assert str(refused(reason, SignIn(TENANT, "azure_cli"))) == (
        f"No sign-in to tenant {TENANT} (azure_cli): AADSTS70043: The refresh token has expired. "
        f"Run `az login --tenant {TENANT}`, or choose another `credential.method` in the environment file."
    )


def test_only_a_login_of_ones_own_is_used_without_asking_microsoft_about_it() -> None:
    own = PUBLIC.at(None, None, "https://127.0.0.1:18443", Path("/ca.pem"))

    assert _entra(PUBLIC) == {"authority": "https://login.microsoftonline.com"}
    assert _entra(own) == {
        "authority": "https://127.0.0.1:18443",
        "disable_instance_discovery": True,
        "connection_verify": "/ca.pem",
    }


def test_closing_closes_the_sdks_connections() -> None:
    class Open(Inner):
        closed = False

        def close(self) -> None:
            self.closed = True

    inner = Open(AccessToken("t", 1))
    Credential(inner, SignIn(TENANT, "default")).close()
    Credential(Inner(AccessToken("t", 1)), SignIn(TENANT, "default")).close()

    assert inner.closed


@pytest.mark.parametrize("method", REMEDIES)
def test_every_method_makes_a_credential_or_says_what_it_lacks(method: str, tmp_path: Path) -> None:
    sign_in = SignIn(TENANT, method, CLIENT, tmp_path / "token.jwt")

    assert isinstance(credential(sign_in, PUBLIC), Credential)


def test_what_a_method_lacks_is_told_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ProvisionError, match="federated credential in Entra"):
        credential(SignIn(TENANT, "workload_identity"), PUBLIC)
