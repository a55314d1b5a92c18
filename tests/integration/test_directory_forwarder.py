from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from provision.sandbox.directory.forwarder import Forwarder
from provision.sandbox.directory.listener import Listener


def echo(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


@pytest.fixture
def target() -> Iterator[Listener]:
    """Sends back what it gets."""
    listener = Listener(echo, 0)
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def forwarder(target: Listener) -> Iterator[Forwarder]:
    forwarding = Forwarder(0, ("127.0.0.1", target.port))
    forwarding.start()
    yield forwarding
    forwarding.stop()


def call(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5)


def test_a_megabyte_comes_back_as_it_went(forwarder: Forwarder) -> None:
    data = bytes(range(256)) * 64
    with call(forwarder.port) as client:
        for _ in range(64):
            client.sendall(data)
            back = b""
            while len(back) < len(data):
                back += client.recv(65536)
            assert back == data


def test_the_client_sees_the_end_when_the_target_is_gone(forwarder: Forwarder, target: Listener) -> None:
    with call(forwarder.port) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        target.stop()
        assert client.recv(1) == b""
    with call(forwarder.port) as client:
        assert client.recv(1) == b""


def test_it_answers_again_when_the_target_is_back(forwarder: Forwarder, target: Listener) -> None:
    target.stop()
    target.start()
    with call(forwarder.port) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"


def test_stopping_ends_connections_and_frees_the_port(forwarder: Forwarder) -> None:
    with call(forwarder.port) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        forwarder.stop()
        assert client.recv(1) == b""
    with socket.create_server(("127.0.0.1", forwarder.port)) as free:
        assert free.getsockname()[1] == forwarder.port
