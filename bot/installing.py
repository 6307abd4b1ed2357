"""The pages by which a workspace installs the app, and the tokens that come of it.

Anybody may find these pages. A visit costs nothing and leaves nothing behind; an installation does nothing until the
operator connects it to a login at Evo Voice.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from bot.clock import Clock
from bot.importing import imported
from bot.intake.http import BACK, INSTALL
from bot.intake.wire import BAD_REQUEST, UNAVAILABLE, Answer, Request
from bot.model import Installation, TeamId, UserId
from bot.scopes import FEATURES
from bot.settings import RegisterSettings, SharedSettings, is_installation
from bot.slackerrors import SlackError, SlackRefused, SlackSignedOut, SlackUnsure
from bot.store import Store, StoreError
from bot.texts import (
    APP_GONE,
    APP_LEFT,
    APP_STAYS,
    INSTALL_AGAIN,
    INSTALL_CANCELLED,
    INSTALL_LATER,
    INSTALL_PAGE,
    INSTALL_STALE,
    INSTALLED,
)
from bot.trace import within

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger(__name__)

STATE_SECONDS = 600
ENDED = "token_expired"  # it is to be renewed, and says nothing of whether the app is there
COOKIE: Final = "evobot-install"
MOST_AT_ONCE = 5  # codes that are exchanged at the same time: anybody may bring one
HEADERS: Final[Mapping[str, Sequence[str]]] = {
    "content-type": ["text/html; charset=utf-8"],
    "cache-control": ["no-store"],
    "content-security-policy": ["default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
    "referrer-policy": ["no-referrer"],
    "x-content-type-options": ["nosniff"],
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Evo Voice in Slack</title>
<style>body{{font:16px/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em}}
a{{display:inline-block;padding:.6em 1em;border-radius:4px;background:#4a154b;color:#fff;text-decoration:none}}</style>
<h1>Evo Voice in Slack</h1>{body}</html>
"""


class Tokens:
    """What Slack gives for codes and refresh tokens, and what it takes back."""

    def __init__(self, settings: SharedSettings | RegisterSettings) -> None:
        self._settings = settings
        self.session: aiohttp.ClientSession | None = None

    async def access(self, **arguments: str) -> dict[str, Any]:
        """oauth.v2.access, asked once. Raises SlackError."""
        return await self._call("oauth.v2.access", None, {**self._ours(), **arguments})

    async def is_good(self, token: str) -> bool:
        """Does Slack accept it? Raises SlackError when nobody can tell, as of one that has ended by itself."""
        try:
            await self._call("auth.test", token, {})
        except SlackSignedOut as error:
            if str(error) == ENDED:
                raise
            return False
        return True

    async def give_back(self, token: str | None) -> str:
        """Takes the app out of a workspace, or at least the token from ourselves; what became of it, in words."""
        if token is None:
            return APP_GONE
        for method, arguments, told in (("apps.uninstall", self._ours(), APP_GONE), ("auth.revoke", {}, APP_STAYS)):
            try:
                await self._call(method, token, arguments)
            except SlackSignedOut:
                return APP_GONE
            except SlackRefused as error:
                log.warning("Slack refuses %s: %s", method, error.code)
            except SlackError as error:
                log.warning("%s: %s", method, error)
                return APP_LEFT
            else:
                return told
        return APP_LEFT

    async def _call(self, method: str, token: str | None, arguments: Mapping[str, str]) -> dict[str, Any]:
        await imported("bot.slackweb")
        from bot import slackweb  # noqa: PLC0415 - imported when there is somebody to call

        if self.session is None:
            self.session = slackweb.slack_session()
        client = slackweb.slack_client("", self._settings.slack_api_url, self.session)
        client.token = token
        return await slackweb.request(client, method, arguments, "FORM")

    def _ours(self) -> dict[str, str]:
        secret = self._settings.slack_client_secret.get_secret_value()
        return {"client_id": self._settings.slack_client_id, "client_secret": secret}

    async def aclose(self) -> None:
        if self.session is not None:
            await self.session.close()


class States:
    """What ties the way back to the browser that went: signed, so that a visit need not be remembered."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._key = hashlib.sha256(b"evobot installs\0" + secret.encode()).digest()
        self._clock = clock

    def make(self) -> str:
        said = f"{secrets.token_urlsafe(24)}.{int(self._clock.now()) + STATE_SECONDS}"
        return f"{said}.{self._signature(said)}"

    def until(self, state: str, cookie: str) -> float | None:
        """Until when it is good; None when it is not, or belongs to another browser."""
        said, _, signature = state.rpartition(".")
        ours = hmac.compare_digest(self._signature(said).encode(), signature.encode())
        if not ours or not hmac.compare_digest(state.encode(), cookie.encode()):
            return None
        until = float(said.rpartition(".")[2])
        return until if until > self._clock.now() else None

    def _signature(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()


class Installer:
    """Answers for both pages."""

    def __init__(self, settings: SharedSettings, register: Store, tokens: Tokens, clock: Clock) -> None:
        self._settings = settings
        self._register = register
        self._tokens = tokens
        self._clock = clock
        self._states = States(settings.slack_client_secret.get_secret_value(), clock)
        self._exchanging = 0

    async def page(self, request: Request) -> Answer:
        within("")  # the same connection may have brought something for one of them
        return self._begin() if request.path == INSTALL else await self._back(request)

    def _begin(self) -> Answer:
        state = self._states.make()
        way = html.escape(self._address(state))
        cookie = f"{COOKIE}={state}; Max-Age={STATE_SECONDS}; Path={BACK}; Secure; HttpOnly; SameSite=Lax"
        body = f'<p>{INSTALL_PAGE}</p><p><a href="{way}">Add to Slack</a></p>'
        return Answer(200, PAGE.format(body=body), {**HEADERS, "set-cookie": [cookie]})

    async def _back(self, request: Request) -> Answer:
        """Slack sends the browser here, with a code for which it gives the tokens."""
        given = {name: values[0] for name, values in parse_qs(request.query, max_num_fields=20).items()}
        until = self._states.until(given.get("state", ""), _cookie(request))
        if until is None:
            return _told(INSTALL_STALE, BAD_REQUEST)
        if "error" in given or not given.get("code"):
            return _told(INSTALL_CANCELLED, BAD_REQUEST)
        if self._exchanging >= MOST_AT_ONCE:
            return _told(INSTALL_LATER, UNAVAILABLE)
        self._exchanging += 1
        try:
            return await self._installed(given["code"], given["state"], until)
        except StoreError as error:
            log.error("an installation could not be stored: %s", error)
            return _told(INSTALL_LATER, UNAVAILABLE)
        finally:
            self._exchanging -= 1

    async def _installed(self, code: str, state: str, until: float) -> Answer:
        now, mark = self._clock.now(), hashlib.sha256(state.encode()).hexdigest()
        if not await self._register.write(lambda tx: tx.spend_state(mark, until, now)):
            return _told(INSTALL_STALE, BAD_REQUEST)
        try:
            answer = await self._tokens.access(code=code, redirect_uri=self._redirect())
            new = installation_in(answer, self._clock.now())
        except SlackError as error:
            log.warning("an installation came to nothing: %s", error)
            return _told(INSTALL_AGAIN, BAD_REQUEST)
        await self._register.write(lambda tx: tx.install(new))
        log.info("installed in %s", new.id)
        return _told(INSTALLED.format(name=html.escape(new.name or new.id), id=new.id))

    def _redirect(self) -> str:
        return self._settings.evobot_public_url.rstrip("/") + BACK

    def _address(self, state: str) -> str:
        from slack_sdk.oauth import AuthorizeUrlGenerator  # noqa: PLC0415 - when somebody wants to see the page

        api = urlsplit(self._settings.slack_api_url)
        return AuthorizeUrlGenerator(
            client_id=quote(self._settings.slack_client_id),
            scopes=sorted(FEATURES),
            redirect_uri=quote(self._redirect(), safe=""),
            authorization_url=f"{api.scheme}://{api.netloc}/oauth/v2/authorize",
        ).generate(state)


def installation_in(answer: Mapping[str, Any], now: float) -> Installation:
    """What Slack says who has installed the app. Raises SlackUnsure for an answer that says something else."""
    team, organization, whole = (answer.get(name) for name in ("team", "enterprise", "is_enterprise_install"))
    ident = _part(organization if whole is True else team, "id")
    token, user = answer.get("access_token"), answer.get("bot_user_id")
    if answer.get("token_type") != "bot" or not isinstance(token, str) or not is_installation(ident):
        raise SlackUnsure("it is not the installation of a bot")
    return Installation(
        id=TeamId(ident),
        enterprise=_part(organization, "id"),
        name=_part(organization if whole is True else team, "name"),
        bot_user=UserId(user if isinstance(user, str) else ""),
        token=token,
        refresh_token=refresh_token_in(answer),
        expires_at=expiry_in(answer, now),
        installed_by=_part(answer.get("authed_user"), "id"),
        installed_at=now,
    )


def renewed_in(answer: Mapping[str, Any], now: float) -> tuple[str, str, float]:
    """Token, next refresh token, and when the token ends. Raises SlackUnsure for an answer that says something else."""
    token, refresh, until = answer.get("access_token"), refresh_token_in(answer), expiry_in(answer, now)
    if not isinstance(token, str) or refresh is None or until is None:
        raise SlackUnsure("it is not the renewal of a token")
    return token, refresh, until


def refresh_token_in(answer: Mapping[str, Any]) -> str | None:
    found = answer.get("refresh_token")
    return found if isinstance(found, str) and found else None


def expiry_in(answer: Mapping[str, Any], now: float) -> float | None:
    seconds = answer.get("expires_in")
    return now + seconds if isinstance(seconds, int) and seconds > 0 else None


def _part(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _cookie(request: Request) -> str:
    for part in request.headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _told(text: str, status: int = 200) -> Answer:
    return Answer(status, PAGE.format(body=f"<p>{text}</p>"), HEADERS)
