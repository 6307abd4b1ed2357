"""The way to both far sides: name, proxy, TLS, and whose clock is right. Asks for nothing that needs a login."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from bot.doctor.finding import Finding, broken, degraded, ok
from bot.settings import Settings

SECONDS = 5.0  # for each step
CLOSE, SKEW, MOST_SKEW = 5.0, 60.0, 300.0  # seconds between two clocks; Slack's signatures are good for five minutes
NOT_THERE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)  # no connection came about
AGAIN = "Try again; if it stays so, look at what stands in between (proxy, firewall)."
CHECK_CLOCK = "Let the system keep the time (timedatectl set-ntp true)."


@dataclass(frozen=True, slots=True)
class Way:
    """What was found on the way to one host; `ahead`: by how much our clock is, in seconds; None: it does not say."""

    finding: Finding
    ahead: float | None = None


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Both side by side, then the clock."""
    sides = {"Slack": f"{settings.slack_api_url.rstrip('/')}/api.test", "Evo Voice": settings.evo_base_url}
    ways = await asyncio.gather(*(_way(f"Network to {side}", urlsplit(url)) for side, url in sides.items()))
    for way in ways:
        yield way.finding
    yield _clock([way.ahead for way in ways if way.ahead is not None], signed=settings.slack_app_token is None)
    yield await _bot(settings)


async def _way(what: str, url: SplitResult) -> Way:
    host, proxy = url.hostname or "", _proxy(url)
    if not proxy and (wrong := await _named(what, url)):
        return Way(wrong)
    through = f"through the proxy {proxy}" if proxy else "directly"
    began = time.monotonic()
    try:
        async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
            answer = await client.get(url.geturl())
    except httpx.HTTPError as error:
        return Way(_unreachable(what, host, through, error))
    except ValueError:
        return Way(broken(what, f"{proxy} is no proxy that can be used.", "Correct HTTPS_PROXY."))
    seconds = time.monotonic() - began
    safe = "TLS good" if url.scheme == "https" else "without TLS, on this machine"
    return Way(ok(what, f"{host} {through}, {safe}, {seconds:.1f} s"), _ahead(answer.headers.get("date", "")))


def _proxy(url: SplitResult) -> str:
    """Host and port of the proxy that the environment names for this host; its login is not shown."""
    found = getproxies()
    proxy = found.get(url.scheme) or found.get("all") or ""
    if not proxy or proxy_bypass(url.hostname or ""):
        return ""
    return urlsplit(proxy if "//" in proxy else f"//{proxy}").netloc.rpartition("@")[2]


async def _named(what: str, url: SplitResult) -> Finding | None:
    """What is wrong with its name, if anything is."""
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.get_running_loop().getaddrinfo(url.hostname, url.port or url.scheme)
    except TimeoutError:
        return broken(what, f"No name server said where {url.hostname} is.", "Check the machine's DNS.")
    except OSError as error:
        then = "Check its spelling and the machine's DNS."
        return broken(what, f"{url.hostname} is not known here ({error.strerror or type(error).__name__}).", then)
    return None


def _unreachable(what: str, host: str, through: str, error: httpx.HTTPError) -> Finding:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        why = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
        return broken(what, f"{host} cannot be trusted ({why}).", "Is something in between, or its certificate old?")
    name = type(error).__name__
    if isinstance(error, NOT_THERE):
        return broken(what, f"{host} is not reached {through} ({name}).", "Open the way out to it.")
    if isinstance(error, httpx.TimeoutException):
        return broken(what, f"{host}, reached {through}, gave no answer within {SECONDS:g} seconds.", AGAIN)
    return broken(what, f"The connection to {host}, {through}, was cut before an answer was whole ({name}).", AGAIN)


def _ahead(date: str) -> float | None:
    try:
        return time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def _clock(ahead: list[float], *, signed: bool) -> Finding:
    """`signed`: Slack's requests are, and are refused when they seem old."""
    if not ahead:
        return ok("Clock", "nobody said what time it is")
    most = max(ahead, key=abs)
    told = f"{abs(most):.0f} s {'ahead of' if most > 0 else 'behind'} the far side's"
    if abs(most) >= MOST_SKEW and signed:
        return broken("Clock", f"{told}: what Slack sends seems too old, and is refused.", CHECK_CLOCK)
    if abs(most) >= SKEW:
        return degraded("Clock", f"{told}.", CHECK_CLOCK)
    return ok("Clock", "right" if abs(most) < CLOSE else told)


async def _bot(settings: Settings) -> Finding:
    """Does it run where the settings say, and what does it say of itself?"""
    host = "127.0.0.1" if settings.evobot_host in {"0.0.0.0", "::"} else settings.evobot_host  # noqa: S104 - compared
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.evobot_port}/readyz"
    try:
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            answer = await client.get(url)
    except httpx.HTTPError:
        return ok("Running bot", f"none answers at {url}")
    said = "; ".join(answer.text.split("\n")[:5]).strip("; ")[:500]
    if answer.status_code == httpx.codes.OK and said == "ready":
        return ok("Running bot", "ready")
    return degraded("Running bot", f"it says: {said}.", "It says the same at /readyz.")
