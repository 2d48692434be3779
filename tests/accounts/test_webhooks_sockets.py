"""One POST to an address that a stranger wrote down: signed, and to no place where it does harm (API-03, RELIABILITY 3.4)."""

import socket
import time

import pytest

from accounts.webhooks import sockets
from accounts.webhooks.signing import TOLERANCE, sign, verify
from accounts.webhooks.sockets import NotSent, Problem, is_public, post, target_of
from tests.accounts.receivers import certificate, receiving, speaking_tls

BODY = b'{"id":"1"}'


@pytest.fixture
def receiver(settings):
    with receiving() as found:
        settings.WEBHOOK_ALLOW_HOSTS = [found.host]
        yield found


def test_signature_is_of_the_moment_and_the_body():
    """RELIABILITY 3.4: t=..,v1=HMAC-SHA256(secret, t + "." + body), five minutes, several secrets while rotating."""
    header = sign(["new", "old"], 1_700_000_000, BODY)
    # By hand: printf '1700000000.{"id":"1"}' | openssl dgst -sha256 -hmac new
    assert header.startswith("t=1700000000,v1=29e3954da18907e7960201d2b27375a06a278b4848a0b449cb0ac6d9c95e0041,v1=")
    for secret in ("new", "old"):
        assert verify(header, BODY, secret, 1_700_000_000 + TOLERANCE)
        assert verify(header, BODY, secret, 1_700_000_000 - TOLERANCE)
    assert not verify(header, BODY, "new", 1_700_000_000 + TOLERANCE + 1)
    assert not verify(header, BODY, "new", 1_700_000_000 - TOLERANCE - 1)
    assert not verify(header, BODY + b" ", "new", 1_700_000_000)
    assert not verify(header, BODY, "other", 1_700_000_000)
    assert not verify(header.replace("t=1700000000", "t=1700000001"), BODY, "new", 1_700_000_000)
    for broken in ("", "t=,v1=", "v1=00", "t=1700000000", "t=x,v1=y", "t=²,v1=é", "t=1700000000,v1=é"):
        assert not verify(broken, BODY, "new", 1_700_000_000)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "nonsense",
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_dress(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/", Problem.NOT_HTTPS),
        ("ftp://example.com/", Problem.BAD_URL),
        ("file:///etc/passwd", Problem.BAD_URL),
        ("https://", Problem.BAD_URL),
        ("https://user:secret@example.com/", Problem.BAD_URL),
        ("https://example.com@10.0.0.1/", Problem.BAD_URL),
        ("https://example.com/#part", Problem.BAD_URL),
        ("https://example.com:0/", Problem.BAD_URL),
        ("https://example.com:99999/", Problem.BAD_URL),
        ("https://example.com/a b", Problem.BAD_URL),
        ("https://example.com/\r\nHost: x", Problem.BAD_URL),
        ("https://exa\x00mple.com/", Problem.BAD_URL),
        ("https://[::1", Problem.BAD_URL),
        ("https://127.0.0.1/", Problem.NOT_PUBLIC),
        ("https://[::1]/", Problem.NOT_PUBLIC),
        ("https://localhost/", Problem.NOT_PUBLIC),
        ("https://LOCALHOST./", Problem.NOT_PUBLIC),
        ("https://169.254.169.254/latest/meta-data", Problem.NOT_PUBLIC),
    ],
)
def test_addresses_that_are_never_sent_to(url, problem):
    with pytest.raises(NotSent) as refused:
        target_of(url)
    assert refused.value.problem == problem
    assert post(url, {}, BODY).problem == problem


def test_what_is_sent_arrives_whole(receiver):
    reply = post(receiver.url, {"X-Kind": "a"}, BODY)
    assert (reply.status, reply.problem, reply.text, reply.arrived) == (200, "", "thank you", True)
    assert receiver.got[0].path == "/hook?x=1"
    assert receiver.got[0].body == BODY
    assert receiver.got[0].headers["Host"] == receiver.host
    assert receiver.got[0].headers["X-Kind"] == "a"


def test_numbers_that_mean_this_machine_are_refused_when_they_are_resolved():
    """https://2130706433/ is 127.0.0.1 to the resolver."""
    for name in ("2130706433", "0x7f000001", "127.1", "017700000001"):
        assert post(f"https://{name}:1/", {}, BODY).problem == Problem.NOT_PUBLIC


def test_a_name_is_asked_for_once_and_all_its_addresses_are_looked_at(monkeypatch):
    """DNS rebinding: public at the first question, private at the second; and one private among public ones."""
    asked, connected = [], []

    def answers(*addresses):
        def ask(host, port, **more):
            asked.append(host)
            found = addresses[min(len(asked), len(addresses)) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

        return ask

    def connect(self, address):
        connected.append(address)
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(sockets._Plain, "connect", connect, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", answers(["93.184.215.14"], ["127.0.0.1"]))
    assert post("https://rebind.example/", {}, BODY).problem == Problem.NO_CONNECTION
    assert (asked, connected) == (["rebind.example"], [("93.184.215.14", 443)])
    asked.clear()
    connected.clear()
    monkeypatch.setattr(socket, "getaddrinfo", answers(["93.184.215.14", "10.0.0.5"]))
    reply = post("https://rebind.example/", {}, BODY)
    assert (reply.problem, reply.text, connected) == (Problem.NOT_PUBLIC, "10.0.0.5", [])


def test_redirects_are_not_followed(receiver):
    with receiving() as inner:
        receiver.status, receiver.headers = 302, {"Location": inner.url}
        reply = post(receiver.url, {}, BODY)
        assert (reply.status, reply.problem) == (302, Problem.REDIRECT)
        assert inner.got == []


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_only_success_counts(receiver, status):
    receiver.status = status
    reply = post(receiver.url, {}, BODY)
    assert (reply.status, reply.problem) == (status, Problem.STATUS)


@pytest.mark.parametrize("slow", ["silent", "headers", "body"])
def test_slow_answers_end_in_time(receiver, monkeypatch, slow):
    """Five seconds in all, however the bytes drip; here less, to be quick."""
    monkeypatch.setattr(sockets, "SECONDS", 0.6)

    def drip(handler):
        if slow == "body":
            handler.send_response(200)
            handler.end_headers()
        elif slow == "headers":
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        for _n in range(40):
            time.sleep(0.1)
            if slow != "silent":
                handler.wfile.write(b"x")
                handler.wfile.flush()

    receiver.answer = drip
    begin = time.monotonic()
    reply = post(receiver.url, {}, BODY)
    assert time.monotonic() - begin < 1.5
    if slow == "body":  # it said 200: what follows is only for the log
        assert (reply.status, reply.arrived) == (200, True)
    else:
        assert (reply.status, reply.problem) == (None, Problem.TOO_SLOW)


def test_a_silent_resolver_does_not_hold_anybody_up(monkeypatch):
    monkeypatch.setattr(sockets, "SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(1))
    begin = time.monotonic()
    assert post("https://slow.example/", {}, BODY).problem == Problem.TOO_SLOW
    assert time.monotonic() - begin < 0.9


def test_large_answers_are_cut(receiver):
    receiver.body = b"y" * 5_000_000
    reply = post(receiver.url, {}, BODY)
    assert (reply.status, reply.arrived, reply.text) == (200, True, "y" * sockets.KEPT)

    def endless(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"z" * 5000) for n in range(60)))

    receiver.answer = endless
    assert post(receiver.url, {}, BODY).problem == Problem.TOO_LARGE


def test_answers_that_are_no_http_or_no_text(receiver):
    receiver.answer = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert post(receiver.url, {}, BODY).problem == Problem.NO_HTTP
    receiver.answer = lambda handler: None
    assert post(receiver.url, {}, BODY).problem in (Problem.NO_HTTP, Problem.NO_CONNECTION)
    receiver.answer, receiver.body = None, b"a\x00b\xff\x1b[31m"
    assert post(receiver.url, {}, BODY).text == "a\ufffdb\ufffd\ufffd[31m"


def test_nobody_there(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.WEBHOOK_ALLOW_HOSTS = ["localhost"]
        assert post(f"http://localhost:{probe.getsockname()[1]}/", {}, BODY).problem == Problem.NO_CONNECTION
    assert post("https://nobody.invalid/", {}, BODY).problem == Problem.UNKNOWN_HOST


def test_certificates_are_checked_and_the_name_is_the_hosts(settings, tmp_path, monkeypatch):
    """TLS: an unknown issuer and another name are refused; the right one is spoken to by its name (SNI)."""
    right, other = certificate(tmp_path, "localhost"), certificate(tmp_path, "elsewhere.example")
    with receiving(speaking_tls(right)) as receiver, receiving(speaking_tls(other)) as wrong:
        settings.WEBHOOK_ALLOW_HOSTS = ["localhost"]
        assert post(receiver.url, {}, BODY).problem == Problem.TLS
        monkeypatch.setenv("SSL_CERT_FILE", str(right[0]))
        reply = post(receiver.url, {}, BODY)
        assert (reply.status, reply.text) == (200, "thank you")
        monkeypatch.setenv("SSL_CERT_FILE", str(other[0]))
        assert post(wrong.url, {}, BODY).problem == Problem.TLS
        assert [each.body for each in receiver.got] == [BODY]
        assert wrong.got == []


def test_allowed_hosts_are_those_of_the_operator_only(settings):
    """WEBHOOK_ALLOW_HOSTS: a name on every port, or on one."""
    with receiving() as receiver:
        settings.WEBHOOK_ALLOW_HOSTS = [f"localhost:{receiver.port + 1}", "127.0.0.1"]
        assert post(receiver.url, {}, BODY).problem == Problem.NOT_HTTPS
        settings.WEBHOOK_ALLOW_HOSTS = ["localhost"]
        assert post(receiver.url, {}, BODY).arrived
