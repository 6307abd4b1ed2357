"""users.*, bots.*, team.*, usergroups.*, auth.*, apps.*: who is there. Source: docs reference/methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.slack.errors import RefusedError
from sandbox.slack.webapi.call import page

if TYPE_CHECKING:
    from sandbox.slack.seeds import Group, Person
    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Json


def info(call: Call) -> Json:
    """users.info."""
    return {"user": wire(call, call.desk.world.person(call.need("user")))}


def list_(call: Call) -> Json:
    """users.list: the workspace's own people."""
    team = call.desk.world.seed.team_id
    own = [person for person in call.desk.world.people.values() if person.team_id == team]
    shown, cursor = page(call, own, 100)
    return {"members": [wire(call, person) for person in shown], "response_metadata": {"next_cursor": cursor}}


def lookup_by_email(call: Call) -> Json:
    """users.lookupByEmail. Raises users_not_found."""
    email = call.need("email").lower()
    for person in call.desk.world.people.values():
        if (person.email or "").lower() == email and not person.deleted:
            return {"user": wire(call, person)}
    raise RefusedError("users_not_found")


def bot_info(call: Call) -> Json:
    """bots.info. Raises bot_not_found."""
    seed = call.desk.world.seed
    wanted = call.text("bot") or seed.bot_id
    for person in call.desk.world.people.values():
        if person.bot_id == wanted:
            own = {"app_id": seed.app_id} if wanted == seed.bot_id else {"app_id": "A0ELSEWHERE"}
            facts = {"id": wanted, "deleted": person.deleted, "name": person.real_name, "user_id": person.id}
            return {"bot": {**facts, **own, "icons": {}}}
    raise RefusedError("bot_not_found")


def team_info(call: Call) -> Json:
    """team.info."""
    seed = call.desk.world.seed
    return {"team": {"id": seed.team_id, "name": seed.team_name, "domain": seed.team_domain, "icon": {}}}


def auth_test(call: Call) -> Json:
    """auth.test. A bot's user name is made of the display name that its manifest gives it."""
    seed = call.desk.world.seed
    return {
        "url": f"https://{seed.team_domain}.slack.com/",
        "team": seed.team_name,
        "user": call.desk.bot_name.lower().replace(" ", ""),
        "team_id": seed.enterprise_id if seed.is_enterprise_install else seed.team_id,
        "user_id": seed.bot_user,
        "bot_id": seed.bot_id,
        "is_enterprise_install": seed.is_enterprise_install,
        **({"enterprise_id": seed.enterprise_id} if seed.enterprise_id else {}),
    }


def teams(call: Call) -> Json:
    """auth.teams.list: the workspaces that the token is good for."""
    seeds = [desk.world.seed for desk in call.desk.organization()]
    shown, cursor = page(call, [{"id": seed.team_id, "name": seed.team_name} for seed in seeds], 100)
    return {"teams": shown, "response_metadata": {"next_cursor": cursor}}


def api_test(call: Call) -> Json:
    """api.test: echoes, fails on request."""
    if call.text("error"):
        raise RefusedError(call.text("error"), args=call.args)
    return {"args": call.args}


def usergroups(call: Call) -> Json:
    """usergroups.list."""
    there = [group for group in call.desk.world.groups.values() if _shown(call, group)]
    return {"usergroups": [_group(call, group) for group in there]}


def usergroup_users(call: Call) -> Json:
    """usergroups.users.list: the ids of who is in one. Raises no_such_subteam, also for a disabled one."""
    group = call.desk.world.group(call.need("usergroup"))
    if not _shown(call, group):
        raise RefusedError("no_such_subteam")
    return {"users": list(group.users)}


def _shown(call: Call, group: Group) -> bool:
    return not group.disabled or call.flag("include_disabled")


def _group(call: Call, group: Group) -> Json:
    world = call.desk.world
    created = int(world.created)
    users = {"users": list(group.users)} if call.flag("include_users") else {}
    count = {"user_count": len(group.users)} if call.flag("include_count") or users else {}
    return {
        "id": group.id,
        "team_id": world.seed.team_id,
        "is_usergroup": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": created,
        "date_update": created,
        "date_delete": created if group.disabled else 0,
        "auto_type": None,
        "prefs": {"channels": [], "groups": []},
        **users,
        **count,
    }


def open_connection(call: Call) -> Json:
    """apps.connections.open: a WebSocket URL for one use."""
    address = call.desk.url.replace("http", "ws", 1)
    ticket = call.desk.sockets.ticket()
    return {"url": f"{address}/link/?ticket={ticket}&app_id={call.desk.world.seed.app_id}"}


def wire(call: Call, person: Person) -> Json:
    """A user object; the e-mail address only for those who may see it."""
    sees_email = "users:read.email" in call.desk.settings.manifest.scopes
    email = {"email": person.email} if person.email and sees_email and not person.is_stranger else {}
    names = {"real_name": person.real_name, "display_name": person.shown}
    bot = {"bot_id": person.bot_id} if person.bot_id else {}
    seed = call.desk.world.seed
    colleague = seed.enterprise_id is not None and person.team_id == seed.team_id
    organization = {"enterprise_user": {"id": person.id, "enterprise_id": seed.enterprise_id}} if colleague else {}
    return {
        **organization,
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": {**names, **email, **bot, "team": person.team_id, "image_48": ""},
        **({} if person.deleted else _standing(person)),
    }


def _standing(person: Person) -> Json:
    place = {} if person.is_stranger else {"tz": "Europe/Zurich", "tz_offset": 3600}
    return {
        "real_name": person.real_name,
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": person.bot_id is not None,
        "is_app_user": False,
        **({"is_stranger": True} if person.is_stranger else {}),
        **place,
    }
