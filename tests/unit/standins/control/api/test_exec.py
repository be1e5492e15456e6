"""ExecuteCommand in AWS's words, and its data channel against our client and against frames."""

from __future__ import annotations

import json
import logging
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from harness.aws import session_message as messages
from harness.aws.session_message import Message
from harness.core.errors import TargetError
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.standins.control.agent.engine import EngineError
from harness.standins.control.api.definitions import Clusters, Definitions
from harness.standins.control.api.exec import ExecApi
from harness.standins.control.api.server import ECS_TARGET, Api, api_server
from harness.standins.control.state.model import RUNNING, STOPPED, Container, Task
from harness.standins.control.state.names import Account
from harness.standins.control.state.state import State
from harness.target.clients.data_channel import output_of
from tests.unit.standins.control.conftest import ACCOUNT_ARN, FakeClock

NO_AGENT = (
    "The execute command failed because execute command was not enabled when the task was run or"
    " the execute command agent isn\N{RIGHT SINGLE QUOTATION MARK}t running. Wait and try again or"
    " run a new task with execute command enabled and try again."
)
NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."


@dataclass
class FakeTerminal:
    """A terminal that prints the lines of a test, None at its end, and keeps the typed ones."""

    printed: queue.Queue[bytes | None] = field(default_factory=queue.Queue)
    typed: list[bytes] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    is_closed: bool = False

    def output(self) -> Iterator[bytes]:
        return iter(self.printed.get, None)

    def write(self, data: bytes) -> None:
        self.typed.append(data)

    def resize(self, *, columns: int, rows: int) -> None:
        self.size = (columns, rows)

    def close(self) -> None:
        self.is_closed = True
        self.printed.put(None)


class Control:
    """The API on a port of loopback, with one task."""

    def __init__(self, state: State) -> None:
        account = Account(account_id="876000000876", region="us-east-1")
        clusters = Clusters(state, account=account)
        clusters.create({"clusterName": "tickets"})
        definition = Definitions(state, account=account).register(
            {
                "family": "web",
                "containerDefinitions": [
                    {"name": "app", "image": "i"},
                    {"name": "sealed", "image": "i", "readonlyRootFilesystem": True},
                ],
            }
        )["taskDefinition"]
        self.state = state
        self.task = Task(
            id="t1",
            arn=f"{ACCOUNT_ARN}:task/tickets/t1",
            definition_arn=definition["taskDefinitionArn"],
            group="service:web",
            created_at=state.now(),
            started_at=state.now(),
            status=RUNNING,
            execute_command=True,
            containers=[
                Container("app", "r1", "i", docker_id="d-app", status=RUNNING),
                Container("sealed", "r2", "i", docker_id="d-sealed", status=RUNNING),
            ],
        )
        state.tasks["t1"] = self.task
        self.terminal = FakeTerminal()
        self.started: list[tuple[str, Sequence[str]]] = []
        self.error = ""
        execute = ExecApi(state, clusters=clusters, start=self.start)
        api = Api(ecs=execute.operations, elbv2={})
        self.server = api_server(api, port=0, states={}, channels=execute.serve)
        self.api = api
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def start(self, docker_id: str, command: Sequence[str]) -> FakeTerminal:
        self.started.append((docker_id, command))
        if self.error:
            raise EngineError(self.error)
        return self.terminal

    def execute(self, **changes: Any) -> dict[str, Any]:
        import requests

        body = {
            "cluster": "tickets",
            "task": "t1",
            "container": "app",
            "command": "php -v",
            "interactive": True,
            **changes,
        }
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                f"http://127.0.0.1:{self.server.server_address[1]}/",
                json={key: value for key, value in body.items() if value is not None},
                headers={"X-Amz-Target": f"{ECS_TARGET}ExecuteCommand"},
                timeout=5,
            )
        return dict(answer.json())

    def session(self, **changes: Any) -> dict[str, str]:
        return dict(self.execute(**changes)["session"])


@pytest.fixture
def control(state: State) -> Iterator[Control]:
    fake = Control(state)
    yield fake
    fake.terminal.close()
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture
def dial() -> Iterator[Callable[..., ClientConnection]]:
    """Open channels by hand."""
    with ExitStack() as opened:

        def make(session: dict[str, str], *, token: str | None = None) -> ClientConnection:
            dialling: Any = connect(session["streamUrl"], proxy=None, compression=None)
            connection: ClientConnection = opened.enter_context(dialling)
            text = session["tokenValue"] if token is None else token
            connection.send(messages.opening(text, client_id="c"))
            return connection

        yield make


def received(connection: ClientConnection) -> Message:
    return messages.decode(connection.recv(timeout=5, decode=False))


def send(connection: ClientConnection, payload: bytes, payload_type: int, sequence: int) -> None:
    message = Message(messages.INPUT, payload, payload_type=payload_type, sequence=sequence)
    connection.send(message.encode())


def shake_hands(connection: ClientConnection) -> None:
    """Go through the handshake; the next message is output."""
    assert received(connection).payload_type == messages.HANDSHAKE_REQUEST
    send(connection, b"{}", messages.HANDSHAKE_RESPONSE, 0)
    assert received(connection).type == messages.ACKNOWLEDGE
    assert received(connection).payload_type == messages.HANDSHAKE_COMPLETE


def until(condition: Callable[[], object]) -> None:
    wait_until(
        lambda: Ready() if condition() else NotYet("not yet"), deadline=Deadline(5), interval_s=0.01
    )


def test_the_answer_leads_to_a_session_at_the_clients_own_address(control: Control) -> None:
    answer = control.execute()
    assert answer["clusterArn"] == f"{ACCOUNT_ARN}:cluster/tickets"
    assert answer["taskArn"] == control.task.arn
    assert (answer["containerName"], answer["interactive"]) == ("app", True)
    session = answer["session"]
    port = control.server.server_address[1]
    assert session["sessionId"].startswith("ecs-execute-command-")
    assert session["streamUrl"].startswith(
        f"ws://127.0.0.1:{port}/v1/data-channel/{session['sessionId']}"
    )
    assert control.session()["tokenValue"] != session["tokenValue"]
    assert control.started == [], "the command starts with the session"


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"cluster": "other"}, "ClusterNotFoundException", "Cluster not found."),
        ({"task": "t9"}, "InvalidParameterException", "The referenced task was not found."),
        (
            {"interactive": False},
            "InvalidParameterException",
            "Amazon ECS only supports initiating interactive sessions, so you must specify true for"
            " this value.",
        ),
        (
            {"container": "redis"},
            "InvalidParameterException",
            "The container redis was not found in the task.",
        ),
        (
            {"container": None},
            "InvalidParameterException",
            "A container name must be specified for a task with multiple containers.",
        ),
        (
            {"command": "sh -c 'x"},
            "InvalidParameterException",
            "Failed to parse commands input: No closing quotation",
        ),
        ({"command": " "}, "InvalidParameterException", "command cannot be empty."),
        ({"container": "sealed"}, "TargetNotConnectedException", NOT_CONNECTED),
    ],
)
def test_a_refused_call(control: Control, changes: dict[str, Any], code: str, message: str) -> None:
    assert control.execute(**changes) == {"__type": code, "message": message}


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"execute_command": False}, "InvalidParameterException", NO_AGENT),
        ({"status": "PENDING", "started_at": None}, "InvalidParameterException", NO_AGENT),
        ({"exec_refused": True}, "TargetNotConnectedException", NOT_CONNECTED),
        ({"desired": STOPPED, "status": STOPPED}, "TargetNotConnectedException", NOT_CONNECTED),
    ],
)
def test_a_task_without_an_agent(
    control: Control, changes: dict[str, Any], code: str, message: str
) -> None:
    for name, value in changes.items():
        setattr(control.task, name, value)
    assert control.execute() == {"__type": code, "message": message}


def test_a_container_that_has_ended(control: Control) -> None:
    control.task.containers[0].status = STOPPED
    assert control.execute()["__type"] == "TargetNotConnectedException"


def test_the_client_reads_all_output_to_the_end(control: Control) -> None:
    parts = [b"one\r\n", b"x" * 5000, b"\x00\xff", None]
    for part in parts:
        control.terminal.printed.put(part)
    session = control.session(command="sh -c 'echo \"a b\"; ls'")
    output = output_of(session, deadline=Deadline(5), most_bytes=10**6)
    assert output == b"one\r\n" + b"x" * 5000 + b"\x00\xff"
    assert control.started == [("d-app", ("sh", "-c", 'echo "a b"; ls'))]
    until(lambda: control.terminal.is_closed)


def test_input_and_size_reach_the_terminal_once(
    control: Control, dial: Callable[..., ClientConnection]
) -> None:
    connection = dial(control.session())
    shake_hands(connection)
    send(connection, b"ls\r", messages.TEXT, 1)
    send(connection, b"ls\r", messages.TEXT, 1)
    send(connection, json.dumps({"cols": 120, "rows": 40}).encode(), messages.SIZE, 2)
    numbers = [received(connection).content["AcknowledgedMessageSequenceNumber"] for _ in range(3)]
    assert numbers == [1, 1, 2]
    until(lambda: control.terminal.size == (120, 40))
    assert control.terminal.typed == [b"ls\r"]


def test_output_is_cut_as_the_agent_cuts_it_and_counted(
    control: Control, dial: Callable[..., ClientConnection]
) -> None:
    connection = dial(control.session())
    shake_hands(connection)
    control.terminal.printed.put(b"y" * 2500)
    control.terminal.printed.put(None)
    output = [received(connection) for _ in range(3)]
    assert [(len(message.payload), message.sequence) for message in output] == [
        (1024, 2),
        (1024, 3),
        (452, 4),
    ]
    assert received(connection).type == messages.CHANNEL_CLOSED
    with pytest.raises(ConnectionClosed):
        connection.recv(timeout=5)


def test_a_client_that_goes_away_interrupts_the_command(
    control: Control, dial: Callable[..., ClientConnection]
) -> None:
    connection = dial(control.session())
    shake_hands(connection)
    connection.socket.shutdown(socket.SHUT_RDWR)
    until(lambda: control.terminal.is_closed)
    assert control.terminal.typed == [messages.INTERRUPT]


def test_a_command_that_does_not_start_shows_why(control: Control) -> None:
    control.error = "no such container"
    output = output_of(control.session(), deadline=Deadline(5), most_bytes=10**6)
    assert b"Unable to start command: Failed to start pty: no such container" in output


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_a_wrong_token_is_refused(
    control: Control, dial: Callable[..., ClientConnection], token: str
) -> None:
    connection = dial(control.session(), token=token)
    with pytest.raises(ConnectionClosed, match="the token is not valid"):
        connection.recv(timeout=5)
    assert control.started == []


def test_a_token_is_valid_once(control: Control) -> None:
    control.terminal.printed.put(None)
    session = control.session()
    output_of(session, deadline=Deadline(5), most_bytes=1)
    with pytest.raises(TargetError, match="was refused") as raised:
        output_of(session, deadline=Deadline(5), most_bytes=1)
    assert "the token is not valid" in str(raised.value.last_answer)
    assert len(control.started) == 1


def test_a_token_is_valid_for_a_minute(control: Control, clock: FakeClock) -> None:
    session = control.session()
    clock.now += 61
    with pytest.raises(TargetError, match="was refused"):
        output_of(session, deadline=Deadline(5), most_bytes=1)
    assert control.started == []


def test_a_first_message_without_a_token_is_refused(control: Control) -> None:
    with connect(control.session()["streamUrl"], proxy=None) as connection:
        connection.send("[]")
        with pytest.raises(ConnectionClosed, match="the token is not valid"):
            connection.recv(timeout=5)


def test_something_else_than_frames_ends_the_session(
    control: Control, dial: Callable[..., ClientConnection]
) -> None:
    connection = dial(control.session())
    shake_hands(connection)
    connection.send(b"hello")
    until(lambda: control.terminal.is_closed)


def test_a_plain_request_is_no_channel(control: Control) -> None:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        url = control.session()["streamUrl"].replace("ws://", "http://")
        assert session.get(url, timeout=5).status_code == 426


def test_no_log_has_a_token_or_a_command(
    control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    control.terminal.printed.put(None)
    with caplog.at_level(logging.DEBUG):
        session = control.session(command="echo secret-argument")
        output_of(session, deadline=Deadline(5), most_bytes=1)
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert session["sessionId"] in text
    assert session["tokenValue"] not in text
    assert "secret-argument" not in text
