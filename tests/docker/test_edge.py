"""The load balancer in a real container, in front of a target that tells and misbehaves."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.core.wait import Deadline, GaveUp, NotYet, Ready, wait_until
from harness.stack import certificates
from harness.stack.components import edge
from harness.standins.control.agent.edge_files import (
    ATTRIBUTES,
)
from harness.target.access import split_address
from tests.docker.balancer import (
    CERTIFICATES,
    HOST,
    TARGET,
    Answer,
    Balancer,
    address,
    started,
)

if TYPE_CHECKING:
    import docker

# It listens, but its queue is full, so the kernel answers no further connection.
FULL = replace(
    TARGET,
    name="full",
    command=(
        *("python", "-c"),
        "import socket, time\n"
        "server = socket.create_server(('0.0.0.0', 8080), backlog=0)\n"
        "held = [socket.socket() for _ in range(4)]\n"
        "[one.setblocking(False) or one.connect_ex(('127.0.0.1', 8080)) for one in held]\n"
        "print('full', flush=True)\n"
        "time.sleep(600)\n",
    ),
)
UNAVAILABLE = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n"
)


@pytest.fixture(scope="module")
def balancer(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Balancer]:
    with started(client, image, tmp_path_factory.mktemp("run")) as load_balancer:
        yield load_balancer


@pytest.fixture
def alb(balancer: Balancer) -> Balancer:
    """One healthy target."""
    balancer.set_targets(balancer.addresses[0])
    wait_until(
        lambda: Ready() if balancer.request().status == 200 else NotYet("the target is not up"),
        deadline=Deadline(10),
    )
    return balancer


def test_without_a_target_the_answer_is_503_in_alb_words(balancer: Balancer) -> None:
    balancer.set_targets()
    answer = balancer.request()
    assert answer.status == 503
    assert answer.headers["Server"] == "awselb/2.0"
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.body.decode() == UNAVAILABLE


def test_plain_http_is_redirected_with_host_path_and_query(alb: Balancer) -> None:
    answer = alb.request("POST", "/a%20b/c?d=e&f=%2F", tls=False, body=b"x")
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{HOST}:443/a%20b/c?d=e&f=%2F"
    assert answer.headers["Server"] == "awselb/2.0"
    assert b"<h1>301 Moved Permanently</h1>" in answer.body


def test_another_host_gets_the_fixed_answer(alb: Balancer) -> None:
    answer = alb.request(headers={"Host": "other.example"})
    assert (answer.status, answer.body) == (404, b"Not found")
    assert answer.headers["Server"] == "awselb/2.0"


def test_forwarded_headers_are_added_and_the_clients_own_are_appended_to(alb: Balancer) -> None:
    answer = alb.request(headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"})
    (forwarded,) = answer.sent("X-Forwarded-For")
    assert re.fullmatch(r"203\.0\.113\.7, \d+\.\d+\.\d+\.\d+", forwarded)
    assert answer.sent("X-Forwarded-Proto") == ["https"]
    assert answer.sent("X-Forwarded-Port") == ["443"]
    assert answer.sent("X-Forwarded-Host") == []


@pytest.mark.parametrize(
    ("mode", "with_port", "sent"),
    [
        ("preserve", "false", r"203\.0\.113\.7"),
        ("remove", "false", None),
        ("append", "true", r"203\.0\.113\.7, \d+\.\d+\.\d+\.\d+:\d+"),
    ],
)
def test_forwarded_addresses_can_be_left_alone_removed_or_have_a_port(
    alb: Balancer, mode: str, with_port: str, sent: str | None
) -> None:
    attributes = {
        "routing.http.xff_header_processing.mode": mode,
        "routing.http.xff_client_port.enabled": with_port,
    }
    alb.set_attributes(**attributes)
    values = alb.request(headers={"X-Forwarded-For": "203.0.113.7"}).sent("X-Forwarded-For")
    if sent is None:
        assert values == []
    else:
        assert re.fullmatch(sent, values[0])


def test_forwarded_host_of_the_client_is_left_alone(alb: Balancer) -> None:
    answer = alb.request(headers={"X-Forwarded-Host": "evil.example"})
    assert answer.sent("X-Forwarded-Host") == ["evil.example"]


def test_host_is_passed_on_without_a_port(alb: Balancer) -> None:
    assert alb.request(headers={"Host": f"{HOST}:443"}).sent("Host") == [HOST]


def test_trace_id_is_made(alb: Balancer) -> None:
    (first,), (second,) = (alb.request().sent("X-Amzn-Trace-Id") for _ in range(2))
    match = re.fullmatch(r"Root=1-([0-9a-f]{8})-[0-9a-f]{24}", first)
    assert match
    assert abs(int(match[1], 16) - time.time()) < 60
    assert first != second


def test_trace_root_of_the_client_is_kept(alb: Balancer) -> None:
    root = "Root=1-67891233-abcdef012345678912345678;CalledFrom=app"
    (trace,) = alb.request(headers={"X-Amzn-Trace-Id": root}).sent("X-Amzn-Trace-Id")
    assert re.fullmatch(rf"Self=1-[0-9a-f]{{8}}-[0-9a-f]{{24}};{re.escape(root)}", trace)


def test_trace_without_a_root_gets_one(alb: Balancer) -> None:
    (trace,) = alb.request(headers={"X-Amzn-Trace-Id": "CalledFrom=app"}).sent("X-Amzn-Trace-Id")
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};CalledFrom=app", trace)


def test_odd_header_names_and_paths_reach_the_target(alb: Balancer) -> None:
    answer = alb.request("GET", "/a//b/../c%2Fd?x=%zz", {"under_score": "kept"})
    assert answer.sent("under_score") == ["kept"]
    assert answer.told["target"] == "/a//b/../c%2Fd?x=%zz"


def test_body_has_no_limit(alb: Balancer) -> None:
    size = 24 * 1024**2
    assert alb.request("PUT", body=b"x" * size).told["body"] == size


def test_answers_of_the_target_pass_unchanged(alb: Balancer) -> None:
    answer = alb.request("GET", "/status?n=503")
    assert (answer.status, answer.body) == (503, b"the target's own words")
    assert answer.headers["Server"] == "target/1.0"


def test_nginx_own_headers_mean_nothing(alb: Balancer) -> None:
    answer = alb.request("GET", "/accel")
    assert answer.body == b"body"
    assert answer.headers["X-Accel-Redirect"] == "/elsewhere"


def test_answer_streams(alb: Balancer) -> None:
    connection = http.client.HTTPConnection(HOST)
    connection.sock = alb.connect()
    connection.request("GET", "/stream", headers={"Host": HOST})
    began = time.monotonic()
    answer = connection.getresponse()
    assert answer.read(5) == b"first"
    assert time.monotonic() - began < 1.9, "the first half waited for the second"
    assert answer.read() == b"other"


@pytest.mark.parametrize("path", ["/drop", "/garbage"])
def test_a_target_that_breaks_off_or_talks_nonsense_is_502(alb: Balancer, path: str) -> None:
    answer = alb.request("GET", path)
    assert answer.status == 502
    assert b"<h1>502 Bad Gateway</h1>" in answer.body
    assert answer.headers["Server"] == "awselb/2.0"


def test_response_headers_over_32_k_are_502(alb: Balancer) -> None:
    assert alb.request("GET", f"/headers?n={24 * 1024}").status == 200
    assert alb.request("GET", f"/headers?n={33 * 1024}").status == 502


def test_no_retry_on_another_target(balancer: Balancer) -> None:
    closed = "127.0.0.1"
    balancer.set_targets(closed, balancer.addresses[0])
    statuses = [balancer.request().status for _ in range(8)]
    assert statuses.count(502) == 4
    assert statuses.count(200) == 4


def test_targets_take_turns(balancer: Balancer) -> None:
    balancer.set_targets(*balancer.addresses)
    for _ in range(8):
        assert balancer.request("GET", "/turn").status == 200
    targets = [balancer.stack.containers[name] for name in ("target", "target2")]

    def turns() -> list[int]:
        return [bytes(target.logs()).count(b'"GET /turn') for target in targets]

    # The engine writes a line down a moment after the target has answered.
    wait_until(
        lambda: Ready() if sum(turns()) == 8 else NotYet(f"logged: {turns()}"), deadline=Deadline(5)
    )
    assert turns() == [4, 4]


def test_a_slow_target_is_504_after_the_idle_timeout(balancer: Balancer) -> None:
    balancer.set_targets(balancer.addresses[0], idle_s=1)
    began = time.monotonic()
    answer = balancer.request("GET", "/slow?n=4")
    assert 0.9 < time.monotonic() - began < 3
    assert answer.status == 504
    assert b"<h1>504 Gateway Time-out</h1>" in answer.body


def test_a_target_that_takes_no_connection_is_504_after_ten_seconds(balancer: Balancer) -> None:
    balancer.stack.start(FULL)
    full = balancer.stack.containers["full"]
    wait_until(
        lambda: Ready() if b"full" in bytes(full.logs()) else NotYet("it is not full yet"),
        deadline=Deadline(10),
    )
    balancer.set_targets(address(balancer.stack, "full"))
    began = time.monotonic()
    answer = balancer.request()
    assert 9.5 < time.monotonic() - began < 12
    assert answer.status == 504


def test_trace_is_not_allowed(alb: Balancer) -> None:
    answer = alb.request("TRACE")
    assert answer.status == 405
    assert answer.headers["Server"] == "awselb/2.0"


def test_headers_of_16_k_pass_and_larger_ones_are_400(alb: Balancer) -> None:
    assert alb.request(headers={"X-Large": "x" * 15_000}).status == 200
    answer = alb.request(headers={"X-Large": "x" * 17_000})
    assert answer.status == 400
    assert answer.headers["Server"] == "awselb/2.0"


def test_a_long_request_line_is_414(alb: Balancer) -> None:
    assert alb.request("GET", "/" + "x" * 17_000).status == 414


def test_more_than_thirty_forwarded_addresses_are_463(alb: Balancer) -> None:
    assert alb.request(headers={"X-Forwarded-For": ", ".join(["192.0.2.1"] * 30)}).status == 200
    assert alb.request(headers={"X-Forwarded-For": ", ".join(["192.0.2.1"] * 31)}).status == 463


def test_a_change_of_targets_is_seen_by_the_next_request_of_a_kept_connection(
    alb: Balancer,
) -> None:
    target, other = alb.addresses
    with alb.keep_alive() as ask:
        for change in range(50):
            targets = ((other,), (), (target,))[change % 3]
            alb.set_targets(*targets)
            answers = [ask() for _ in range(4)]
            assert [answer.status for answer in answers] == [200 if targets else 503] * 4
            assert {answer.told["address"] for answer in answers if targets} == set(targets)


def test_no_request_fails_while_targets_change(alb: Balancer) -> None:
    over = threading.Event()
    statuses: list[int] = []

    def visit() -> None:
        with alb.keep_alive() as ask:
            # nginx ends a connection itself after 1000 requests.
            while not over.is_set() and len(statuses) < 900:
                statuses.append(ask().status)
                over.wait(0.01)

    visitor = threading.Thread(target=visit)
    visitor.start()
    for change in range(1, 51):
        alb.set_targets(*alb.addresses[: 1 + change % 2])
    over.set()
    visitor.join()
    assert len(statuses) > 50
    assert set(statuses) == {200}


def test_a_websocket_outlives_its_target_group(alb: Balancer) -> None:
    with alb.connect() as connection, connection.makefile("rwb") as stream:
        upgrade = "GET /upgrade HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade", "Upgrade: echo"
        stream.write("\r\n".join((*upgrade, "", "")).encode())
        stream.flush()
        assert stream.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
        while stream.readline() != b"\r\n":
            pass
        alb.set_targets()
        stream.write(b"still there\n")
        stream.flush()
        assert stream.readline() == b"still there\n"


def test_a_change_of_targets_lets_requests_in_flight_finish(alb: Balancer) -> None:
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(alb.request("GET", "/slow?n=3")))
    thread.start()
    time.sleep(0.5)
    alb.set_targets(alb.addresses[1])
    assert alb.request().status == 200
    assert not answers
    thread.join(timeout=10)
    assert answers[0].status == 200


def test_a_wrong_configuration_leaves_the_old_one_in_force(alb: Balancer) -> None:
    container = alb.stack.containers["edge"]
    with pytest.raises(Exception, match="workers are still"):
        alb.write(ATTRIBUTES, "nonsense;")
    assert alb.request().status == 200
    assert b"in /etc/nginx/harness/attributes.conf:1" in bytes(container.logs(tail=20))


def test_http_2_is_offered_over_tls_1_3_and_1_2(alb: Balancer) -> None:
    context = ssl.create_default_context(cadata=CERTIFICATES.ca_pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    address = split_address(alb.stack.addresses["edge"][edge.HTTPS_PORT])
    with (
        socket.create_connection(address, 5) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"
        assert connection.version() == "TLSv1.3"
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(address, 5) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        assert connection.version() == "TLSv1.2"


def test_probe_gives_up_on_another_authority(balancer: Balancer) -> None:
    with pytest.raises(GaveUp, match="CERTIFICATE_VERIFY_FAILED"):
        edge.probe(
            balancer.stack.addresses["edge"],
            public_host=HOST,
            ca_pem=certificates.create({}).ca_pem,
        )


def test_probe_says_that_nothing_listens() -> None:
    answer = edge.probe(
        {edge.HTTPS_PORT: "127.0.0.1:9"}, public_host=HOST, ca_pem=CERTIFICATES.ca_pem
    )
    assert isinstance(answer, NotYet)
    assert "refused" in answer.reason
