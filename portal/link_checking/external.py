"""Whether another site's page is there: asked politely, with short timeouts, and never of a machine in our own network.

An address is looked up once and the connection goes to the very address that was looked at, so that a name cannot answer twice
in two ways; every redirect is looked at again (B9)."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from ..models import LinkProblem

Reason = LinkProblem.Reason
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
LONGEST_SECONDS = 20.0  # for one answer, however slowly it comes
MOST_REDIRECTS = 5
PAUSE_SECONDS = 1.0  # between two questions to one host
MOST_QUESTIONS = 300  # a run
AGENT = "MinhBach-link-check (+https://github.com/search?q=minh-bach)"
PORTS = {"http": 80, "https": 443}
Lookup = Callable[[str, int], list[str]]


class Refused(Exception):
    """An address that must not be asked; its text says why."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a link ('' for nothing), and a few words about it."""

    reason: str = ""
    detail: str = ""


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address lies in the open internet: not private, loopback, link-local, multicast, reserved or unspecified, and
    none that only wraps such a one (IPv4-mapped, 6to4, Teredo, NAT64)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [parsed]
    if isinstance(parsed, ipaddress.IPv6Address):
        inner += [one for one in (parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ())) if one is not None]
        if parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner.append(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
        if int(parsed) < 2**32:  # IPv4-compatible, long out of use
            inner.append(ipaddress.IPv4Address(int(parsed)))
    return all(one.is_global and not one.is_multicast for one in inner)


def allowed(url: str, lookup: Lookup = look_up) -> tuple[str, str, int, str, str]:
    """Scheme, host, port, path with query, and the address to connect to; raises Refused, OSError when the name is unknown."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("not an address") from None
    if parts.scheme not in PORTS:
        raise Refused("only http and https are asked")
    host = parts.hostname or ""
    if not host or parts.username is not None or parts.password is not None:
        raise Refused("not an address of a page")
    if port not in {None, PORTS[parts.scheme]}:
        raise Refused("another port than the web's")
    try:
        name = host.encode("idna").decode("ascii") if ":" not in host else host
    except UnicodeError:
        raise Refused("not the name of a host") from None
    addresses = lookup(name, PORTS[parts.scheme])
    if not addresses or not all(is_public(address) for address in addresses):
        raise Refused("not in the open internet")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~-._')}" if parts.query else "")
    return parts.scheme, name, PORTS[parts.scheme], path, addresses[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever its host's name says by now."""

    def __init__(self, host: str, port: int, address: str, secure: bool) -> None:
        super().__init__(host, port, timeout=READ_SECONDS)
        self.address, self.secure = address, secure

    def connect(self) -> None:
        """To the address that was looked at, within three seconds; then ten for each answer."""
        plain = socket.create_connection((self.address, self.port), timeout=CONNECT_SECONDS)
        try:
            self.sock = plain
            if self.secure:
                secured = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
                self.sock = secured  # before the handshake, so that it can be cut, too
                secured.do_handshake()
            self.sock.settimeout(READ_SECONDS)
        except OSError:
            plain.close()
            raise

    def cut(self) -> None:
        """End whatever is being read."""
        if self.sock is not None:
            with suppress(OSError):  # ended by itself in this very moment
                self.sock.shutdown(socket.SHUT_RDWR)


def ask(method: str, url: str, lookup: Lookup = look_up) -> tuple[int, str]:
    """Status and Location of one answer; its body is not read. Raises Refused, OSError, http.client.HTTPException."""
    scheme, host, port, path, address = allowed(url, lookup)
    connection = _Pinned(host, port, address, scheme == "https")
    # Each read has ten seconds, but a letter every nine would keep the run busy for days: after this long, the line is cut.
    patience = threading.Timer(LONGEST_SECONDS, connection.cut)
    patience.daemon = True
    patience.start()
    try:
        connection.request(method, path, headers={"User-Agent": AGENT, "Accept": "text/html,*/*;q=0.5", "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or ""
    finally:
        patience.cancel()
        connection.close()


class Asker:
    """Asks one site after the other, each at most once a second, no more than `MOST_QUESTIONS` in a run."""

    def __init__(self, question: Callable[[str, str], tuple[int, str]] = ask, wait: Callable[[float], None] = time.sleep) -> None:
        self.question, self.wait = question, wait
        self.asked = 0
        self._last: dict[str, float] = {}
        self._known: dict[str, Verdict] = {}

    def may_go_on(self) -> bool:
        """Whether this run may ask more."""
        return self.asked < MOST_QUESTIONS

    def knows(self, url: str) -> bool:
        """Whether it has asked for this address in this run."""
        return url.partition("#")[0] in self._known

    def verdict(self, url: str) -> Verdict:
        """What is wrong with a link to another site."""
        bare = url.partition("#")[0]
        if bare not in self._known:
            self._known[bare] = self._follow(bare)
        return self._known[bare]

    def _follow(self, url: str) -> Verdict:
        seen: set[str] = set()
        try:
            while True:
                if url in seen or len(seen) > MOST_REDIRECTS:
                    return Verdict(Reason.BROKEN, "leads in a circle")
                seen.add(url)
                status, onward = self._once(url)
                if status not in {301, 302, 303, 307, 308} or not onward:
                    return self._judge(status)
                url = urljoin(url, onward).partition("#")[0]
        except Refused as error:
            return Verdict(Reason.REFUSED, str(error))
        except (OSError, http.client.HTTPException) as error:
            return Verdict(Reason.UNREACHABLE, type(error).__name__)
        except ValueError:  # urllib, of what is no address: an editor's, or one that another site leads on to
            return Verdict(Reason.BROKEN, "not an address")

    def _once(self, url: str) -> tuple[int, str]:
        """HEAD, and GET where the site does not know HEAD."""
        answer = (0, "")
        for method in ("HEAD", "GET"):
            host = urlsplit(url).netloc
            pause = self._last.get(host, 0.0) + PAUSE_SECONDS - time.monotonic()
            if host in self._last and pause > 0:
                self.wait(pause)
            self.asked += 1
            try:
                answer = self.question(method, url)
            finally:
                self._last[host] = time.monotonic()
            if answer[0] not in {403, 404, 405, 501}:
                break
        return answer

    @staticmethod
    def _judge(status: int) -> Verdict:
        if status in {404, 410}:
            return Verdict(Reason.GONE, str(status))
        # A site that wants a sign-in, or asks us to be slower, is there.
        if status < 400 or status in {401, 403, 429, 503}:
            return Verdict()
        return Verdict(Reason.BROKEN, str(status))
