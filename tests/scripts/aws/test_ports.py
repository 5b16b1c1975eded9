"""Ports: which are taken, which are none."""

import socket

import pytest

from scripts.aws import ports
from scripts.cli.exit_codes import ConfigurationError


def test_zero_is_any_free_port() -> None:
    """A port that can be bound right away."""
    with socket.socket() as server:
        server.bind((ports.HOST, ports.free(0)))


def test_a_port_of_our_choice_is_none_that_an_outgoing_connection_could_take() -> None:
    """Systems give those from 32768 on: between the look and the use one would be gone now and then."""
    assert all(ports.free(0) < 32_768 for _ in range(20))


def test_with_all_quiet_ports_taken_any_other_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A free port is found even if all preferred ones are in use."""
    with socket.create_server((ports.HOST, 0)) as server:
        monkeypatch.setattr(ports, "_QUIET", [server.getsockname()[1]] * 50)
        assert ports.free(0) != server.getsockname()[1]


def test_a_free_port_is_taken_as_it_is() -> None:
    """What is asked for is what comes, if it is free."""
    wanted = ports.free(0)
    assert ports.free(wanted) == wanted


def test_a_busy_port_is_refused() -> None:
    """One sentence with the number."""
    with socket.create_server((ports.HOST, 0)) as server:
        busy = server.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {busy} is in use; choose another"):
            ports.free(busy)


@pytest.mark.parametrize("text", ["", "x", "80x", "-1", "65536", "1e3", "٣", " 80"])
def test_what_is_no_port_is_refused(text: str) -> None:
    """Whole numbers from 0 to 65535 in plain digits, and nothing else."""
    with pytest.raises(ConfigurationError, match="is not a port; pass a whole number from 0 to 65535"):
        ports.parse(text)


def test_ports_are_numbers() -> None:
    """The ends of the range are in it."""
    assert (ports.parse("0"), ports.parse("65535")) == (0, 65535)
