"""One POST to an address that a customer wrote down, and to no other place (RELIABILITY 3.4).

The name is resolved once; every address must be public; the connection goes to exactly that address, so a name that
answers differently the second time gains nothing. No proxy, no redirect, five seconds in all, 64 kB of answer at most.
Hosts that the operator allows (WEBHOOK_ALLOW_HOSTS) may be private and may speak plain HTTP.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

SECONDS = 5.0
MOST_BYTES = 64 * 1024
KEPT = 500  # characters of the answer, for the log
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Problem(TextChoices):
    """Why nothing arrived, as it stands in the log."""

    BAD_URL = "bad_url", _("The address is not one that can be sent to")
    NOT_HTTPS = "not_https", _("Only https is spoken")
    UNKNOWN_HOST = "unknown_host", _("The name could not be resolved")
    NOT_PUBLIC = "not_public", _("The name leads into a private network")
    NO_CONNECTION = "no_connection", _("No connection")
    TLS = "tls", _("The certificate was not accepted")
    TOO_SLOW = "too_slow", _("No answer within 5 seconds")
    TOO_LARGE = "too_large", _("The answer was too large")
    NO_HTTP = "no_http", _("The answer was no HTTP")
    REDIRECT = "redirect", _("Redirects are not followed")
    STATUS = "status", _("The answer was not a success")


class NotSent(Exception):
    """Nothing arrived; `problem` says why, `detail` what the machine said."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem, detail)
        self.problem, self.detail = problem, detail


@dataclass(frozen=True)
class Target:
    """An address taken apart. `host` is in lower case and in ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def allowed(self) -> bool:
        """Whether the operator allows this host, on any port or on this one."""
        return bool({self.name, f"{self.name}:{self.port}"} & set(settings.WEBHOOK_ALLOW_HOSTS))

    @property
    def name(self) -> str:
        """The host as it stands in an address: IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def host_header(self) -> str:
        usual = self.port == (443 if self.scheme == "https" else 80)
        return self.name if usual else f"{self.name}:{self.port}"


@dataclass(frozen=True)
class Reply:
    """What came back: a status, or a problem and what the machine said of it; milliseconds of all of it."""

    status: int | None
    problem: str
    text: str
    milliseconds: int

    @property
    def arrived(self) -> bool:
        return not self.problem


def target_of(url: str) -> Target:
    """The address taken apart; NotSent for one that is never sent to, whatever its name leads to."""
    if not url.isprintable() or " " in url or "\\" in url:
        raise NotSent(Problem.BAD_URL)
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host if ":" in host or not host else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise NotSent(Problem.BAD_URL) from None
    if not host or parts.scheme not in ("https", "http") or "@" in parts.netloc or parts.fragment or port == 0:
        raise NotSent(Problem.BAD_URL)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise NotSent(Problem.BAD_URL)
    target = Target(parts.scheme, host.lower(), port or (443 if parts.scheme == "https" else 80), path)
    if target.scheme != "https" and not target.allowed:
        raise NotSent(Problem.NOT_HTTPS)
    literal = _address(target.host)
    if not target.allowed and ((literal and not is_public(target.host)) or target.host == "localhost"):
        raise NotSent(Problem.NOT_PUBLIC, target.host)
    return target


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also where it hides an IPv4 address in one of IPv6.

    Examples: 93.184.215.14 yes; 10.0.0.1, 169.254.169.254, 100.64.0.1, 224.0.0.1, ::1, ::ffff:127.0.0.1, 64:ff9b::7f00:1 no.
    """
    address = _address(text)
    if address is None:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Asking for a name knows no deadline of its own: it is asked in a thread that nobody waits for longer than that."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="webhook-names")


def resolve(target: Target, ends: float) -> list[tuple[int, Any]]:
    """(family, address) of the target's name, each of them allowed; NotSent else."""
    try:
        asked = _resolvers().submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
        answers = asked.result(max(ends - monotonic(), 0.01))
    except (Late, TimeoutError):
        raise NotSent(Problem.TOO_SLOW) from None
    except (OSError, UnicodeError) as error:
        raise NotSent(Problem.UNKNOWN_HOST, str(error)) from None
    found: list[tuple[int, Any]] = list(
        dict.fromkeys((family, address) for family, _kind, _number, _name, address in answers)
    )
    if not found:
        raise NotSent(Problem.UNKNOWN_HOST)
    if not target.allowed:
        for _family, address in found:
            if not is_public(str(address[0])):
                raise NotSent(Problem.NOT_PUBLIC, str(address[0]))
    return found


class _Timed:
    """A socket that stops at a moment and after so many bytes, however slowly they drip."""

    ends: float = 0.0
    left: int = MOST_BYTES

    def recv_into(self, *args: Any, **more: Any) -> int:
        self.settimeout(max(self.ends - monotonic(), 0.001))  # type: ignore[attr-defined]
        if self.left <= 0:
            raise NotSent(Problem.TOO_LARGE)
        count = super().recv_into(*args, **more)  # type: ignore[misc]
        self.left -= count
        return int(count)


class _Plain(_Timed, socket.socket):
    """Of a host that the operator allows to be spoken to in plain text."""


class _Secure(_Timed, ssl.SSLSocket):
    """Of everybody else."""


def tls_context() -> ssl.SSLContext:
    """Certificates are checked against the machine's own (SSL_CERT_FILE names others), names against the address."""
    context = ssl.create_default_context()
    context.sslsocket_class = _Secure
    return context


def _connect(target: Target, ends: float) -> Any:
    """A socket to one of the addresses that were looked at, with TLS where it is asked for."""
    last: OSError | None = None
    for family, address in resolve(target, ends):
        plain = _Plain(family, socket.SOCK_STREAM)
        plain.ends = ends
        try:
            plain.settimeout(max(ends - monotonic(), 0.001))
            plain.connect(address)
            if target.scheme != "https":
                return plain
            plain.settimeout(max(ends - monotonic(), 0.001))
            secure = tls_context().wrap_socket(plain, server_hostname=target.host)
            secure.ends = ends  # type: ignore[attr-defined]
            return secure
        except ssl.SSLError:
            plain.close()
            raise
        except OSError as error:
            plain.close()
            last = error
    raise last or OSError()


def post(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Send `body`; whatever happens is in the answer. A status from 200 to 299 counts as arrived."""
    begin = monotonic()
    ends = begin + SECONDS
    status: int | None = None
    problem, text = "", ""
    connection: http.client.HTTPConnection | None = None
    try:
        target = target_of(url)
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.auto_open = 0  # type: ignore[attr-defined]  # the socket is ours; there is no second one
        connection.sock = _connect(target, ends)
        connection.sock.settimeout(max(ends - monotonic(), 0.001))
        connection.request("POST", target.path, body, {"Host": target.host_header, "Connection": "close", **headers})
        response = connection.getresponse()
        status = response.status
        if 300 <= status < 400:
            problem = str(Problem.REDIRECT)
        elif not 200 <= status < 300:
            problem = str(Problem.STATUS)
        text = _read(response)
    except NotSent as error:
        problem, text = str(error.problem), error.detail
    except ssl.SSLError as error:
        problem, text = str(Problem.TLS), str(error)
    except TimeoutError:
        problem = str(Problem.TOO_SLOW)
    except OSError as error:
        problem, text = str(Problem.NO_CONNECTION), str(error)
    except (http.client.HTTPException, ValueError) as error:
        problem, text = str(Problem.NO_HTTP), f"{type(error).__name__}: {error}"
    finally:
        if connection is not None:
            connection.close()
    return Reply(status, problem, _plain_text(text), round((monotonic() - begin) * 1000))


def _read(response: http.client.HTTPResponse) -> str:
    """The beginning of the answer, for the log. Its status is what counts: a body that is too large or too slow is cut."""
    kept = b""
    try:
        while len(kept) < KEPT * 4 and (piece := response.read1(4096)):
            kept += piece
    except (NotSent, OSError, http.client.HTTPException, ValueError):
        pass
    return kept.decode("utf-8", "replace")


def _plain_text(text: str) -> str:
    """What the database and a page can hold."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)[:KEPT]
