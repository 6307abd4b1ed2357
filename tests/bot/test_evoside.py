"""Who we are at Evo Voice, and whether we may work there: against the stand-in, with logins of every kind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from bot.bridge import Own
from bot.evo import EvoError, EvoVoice, NotSent, Throttled, Unauthorized, connect
from bot.evoside import WrongAccount, sign_in, sign_in_patiently
from sandbox.evo import EvoStandIn, Seeds, default_seeds
from sandbox.evo.seeds import ACME, BOT, GLOBEX
from tests.helpers import TestClock, a_session

USER, PASSWORD = "bot@example.com", "correct-horse"
TOO_MUCH = (
    "EVO_USERNAME has the role {} and may do anything in every account: use the e-mail and password of a User endpoint."
)
NAMES = {"bot@example.com", "acme support", BOT, f"user:{BOT}"}
HERE = ("Acme", ACME)  # the account, as Evo Voice calls it
OURS = Own(frozenset(NAMES), HERE, ("User",))


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as evo:
        yield evo


@pytest.fixture
async def client_for(evo: EvoStandIn) -> AsyncIterator[Callable[..., EvoVoice]]:
    made: list[EvoVoice] = []

    def make(user: str = USER, password: str = PASSWORD, **options: Any) -> EvoVoice:
        made.append(connect(options.pop("url", evo.url), user, password, deadline=30.0, **options))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


def change_login(evo: EvoStandIn, **changes: Any) -> None:
    """The bot's own login, otherwise."""
    seeds = default_seeds()
    logins = tuple(replace(login, **changes) if login.email == USER else login for login in seeds.logins)
    evo.reseed(Seeds.from_json(asdict(replace(seeds, logins=logins))))


# Who we are


@pytest.mark.parametrize("basic", [False, True])
@pytest.mark.parametrize("status", ["object", "empty", "no_content"])
async def test_we_know_every_name_under_which_a_transcript_may_show_us(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice], basic: bool, status: str
) -> None:
    evo.change_quirks(signed_out_status=status)
    assert await sign_in(client_for(basic=basic), None) == OURS


async def test_names_are_compared_without_case(client_for: Callable[..., EvoVoice]) -> None:
    own = await sign_in(client_for(), None)
    nobody_else = a_session()
    shown = ["BOT@example.com", "Acme SUPPORT", BOT.upper(), f"User:{BOT}"]
    assert [own.may_be(name, nobody_else) for name in shown] == [True] * 4


# Whether we may


@pytest.mark.parametrize(
    ("login", "account", "said"),
    [
        ({}, None, None),
        ({}, ACME, None),
        ({"account_ids": (ACME, GLOBEX)}, ACME, None),
        ({"account_ids": (ACME, GLOBEX)}, GLOBEX,
         f"EVO_USERNAME works in the account {ACME}, EVO_ACCOUNT_ID says {GLOBEX}."),
        ({"roles": ("User", "Customer")}, None, None),
        ({"account_ids": (ACME, GLOBEX)}, None,
         f"EVO_USERNAME sees several accounts. Set EVO_ACCOUNT_ID to one of: {ACME} (Acme), {GLOBEX} (Globex)."),
        ({}, GLOBEX, f"EVO_USERNAME does not see the account {GLOBEX} of EVO_ACCOUNT_ID."),
        ({}, "", "EVO_USERNAME does not see the account  of EVO_ACCOUNT_ID."),
        ({}, "Acme", "EVO_USERNAME does not see the account Acme of EVO_ACCOUNT_ID."),
        ({"roles": ("User", "Manager")}, None, None),
        ({"roles": ("User", "SystemAdministrator")}, None,
         TOO_MUCH.format("SystemAdministrator")),
        ({"roles": ("User", "Manager", "Admin")}, ACME,
         TOO_MUCH.format("Admin")),
        ({"roles": ("Manager",)}, None,
         "EVO_USERNAME has the roles Manager but needs User: use the e-mail and password of a User endpoint."),
        ({"roles": ("Admin", "Customer")}, None,
         "EVO_USERNAME has the roles Admin, Customer but needs User: use the e-mail and password of a User endpoint."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("basic", [False, True])
async def test_the_role_and_the_account_must_be_right(
    evo: EvoStandIn,
    client_for: Callable[..., EvoVoice],
    basic: bool,
    login: dict[str, Any],
    account: str | None,
    said: str | None,
) -> None:
    change_login(evo, **login)
    if said is None:
        assert (await sign_in(client_for(basic=basic), account)).names == NAMES
        return
    with pytest.raises(WrongAccount) as raised:
        await sign_in(client_for(basic=basic), account)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("fault", "options", "kind"),
    [
        ("429", {}, Throttled),
        ("down", {"times": None}, EvoError),
    ],
)
@pytest.mark.parametrize("operation", ["GetAuthStatus", "GetAppConfig"])
async def test_who_cannot_be_asked_is_nobody(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice], operation: str, fault: str, options: Any, kind: type[EvoError]
) -> None:
    evo.fault(fault, operation, **options)
    with pytest.raises(kind):
        await sign_in(client_for(), None)


async def test_a_host_that_is_not_there_is_not_reached(client_for: Callable[..., EvoVoice]) -> None:
    with pytest.raises(NotSent):
        await sign_in(client_for(url="http://127.0.0.1:9"), None)


async def test_a_wrong_password_is_nobodys(client_for: Callable[..., EvoVoice]) -> None:
    with pytest.raises(Unauthorized):
        await sign_in(client_for(password="wrong"), None)


# Patience


class Watched(TestClock):
    """Waiting takes no time, is written down, and stops the program after `most` waits."""

    def __init__(self, stopping: asyncio.Event, most: int, at: Callable[[int], None] = lambda n: None) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._stopping, self._most, self._at = stopping, most, at

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self._at(len(self.waits))
        await super().wait(event, seconds)
        if len(self.waits) == self._most:
            self._stopping.set()


async def test_while_nobody_is_there_the_pauses_grow_to_a_minute(client_for: Callable[..., EvoVoice]) -> None:
    stopping = asyncio.Event()
    clock = Watched(stopping, 9)
    assert await sign_in_patiently(client_for(url="http://127.0.0.1:9"), None, "", clock, stopping) is None
    assert clock.waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_wrong_password_is_tried_slowly_and_seldom(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice], caplog: pytest.LogCaptureFixture
) -> None:
    """Guessing on would lock the account: a try a minute, of which two in five minutes reach the server."""
    stopping = asyncio.Event()
    clock = Watched(stopping, 20)
    client = client_for(password="wrong", clock=clock.now)
    assert await sign_in_patiently(client, None, "", clock, stopping) is None
    assert clock.waits == [60.0] * 20
    assert 2 <= len(evo.journal(operation="Authenticate")) <= 2 * 20 / 5
    assert {record.levelno for record in caplog.records if record.name == "bot.evoside"} == {logging.ERROR}
    assert "wrong" not in caplog.text


async def test_when_the_password_is_right_again_work_begins(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice]
) -> None:
    change_login(evo, password="changed")
    stopping = asyncio.Event()
    clock = Watched(stopping, 30, lambda n: change_login(evo) if n == 3 else None)
    assert await sign_in_patiently(client_for(clock=clock.now), None, "", clock, stopping) == OURS
    assert len(clock.waits) <= 8


async def test_when_evo_voice_comes_back_work_begins(evo: EvoStandIn, client_for: Callable[..., EvoVoice]) -> None:
    evo.fault("429", "GetAuthStatus", times=3)
    stopping = asyncio.Event()
    clock = Watched(stopping, 10)
    assert await sign_in_patiently(client_for(), None, "", clock, stopping) == OURS
    assert clock.waits == [1, 2, 4]


async def test_a_wrong_account_is_not_waited_for(evo: EvoStandIn, client_for: Callable[..., EvoVoice]) -> None:
    stopping = asyncio.Event()
    clock = Watched(stopping, 3)
    with pytest.raises(WrongAccount):
        await sign_in_patiently(client_for(), GLOBEX, "", clock, stopping)
    assert clock.waits == []


async def test_a_program_that_is_to_stop_asks_nobody(evo: EvoStandIn, client_for: Callable[..., EvoVoice]) -> None:
    stopping = asyncio.Event()
    stopping.set()
    assert await sign_in_patiently(client_for(), None, "", TestClock(), stopping) is None
    assert evo.journal() == []


async def test_a_login_whose_configuration_may_not_be_read_is_known_by_its_user(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice]
) -> None:
    change_login(evo, endpoint_id=None)
    assert await sign_in(client_for(), None) == replace(OURS, names=frozenset({"bot@example.com", "acme support"}))


@pytest.mark.parametrize("basic", [False, True])
async def test_a_login_without_any_role_is_not_taken(client_for, basic):
    """It may do nothing: every message would be refused. Fail closed, at start, with a sentence."""
    with pytest.raises(WrongAccount):
        await sign_in(client_for("nobody@example.com", "nobody-pass", basic=basic), None)


@pytest.mark.parametrize("fault", ["500", "garbage", "cut_before"])
@pytest.mark.parametrize("operation", ["GetAuthStatus", "GetAppConfig"])
async def test_a_question_that_fails_once_is_asked_again(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice], operation: str, fault: str
) -> None:
    evo.fault(fault, operation)
    assert await sign_in(client_for(), None) == OURS


@pytest.mark.parametrize("operation", ["GetAppConfig", "GetMySessions", "GetAuthStatus"])
async def test_a_question_that_always_fails_does_not_keep_a_good_login_out(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice], operation: str
) -> None:
    evo.fault("500", operation, times=None)
    own = await sign_in(client_for(), None, "bot@example.com")
    assert "bot@example.com" in own.names


async def test_a_status_that_says_nothing_does_not_keep_a_good_login_out(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice]
) -> None:
    evo.fault("garbage", "GetAuthStatus", times=None)
    assert "bot@example.com" in (await sign_in(client_for(), None, "bot@example.com")).names


async def test_a_login_that_was_moved_to_another_account_is_used_no_more(
    evo: EvoStandIn, client_for: Callable[..., EvoVoice]
) -> None:
    client = client_for()
    await sign_in(client, None)
    seeds = default_seeds()
    users = tuple(replace(one, account_id=GLOBEX) if one.id == BOT else one for one in seeds.users)
    evo.reseed(Seeds.from_json(asdict(replace(seeds, users=users))))
    evo.expire_sign_ins()
    with pytest.raises(Unauthorized, match="works in another account"):
        await client.get_my_sessions()
