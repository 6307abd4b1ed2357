"""What fills a client's pickers: contacts, configuration, endpoints, customers; device tokens too."""

from typing import Any

from sandbox.evo.listing import chosen, contains, field_of, listed
from sandbox.evo.quirks import ContactAddress
from sandbox.evo.seeds import Customer, Login, User
from sandbox.evo.sessions import Info
from sandbox.evo.wire import Args
from sandbox.evo.world import World


class Pickers:
    """Read-only views of the population."""

    def __init__(self, world: World) -> None:
        self._world = world

    def contacts(self, login: Login, _args: Args) -> Info:
        """GetMyContacts: users (not the caller), teams and contacts of the caller's account."""
        caller, seeds = self._world.people.user_of(login), self._world.people.seeds
        users = [
            self._contact(u.name, self._address("user", u.id, u.email), "User", u.customer_id)
            for u in seeds.users
            if u.account_id == caller.account_id and u is not caller
        ]
        teams = [
            self._contact(t.name, self._address("team", t.id, t.id), "Team", None)
            for t in seeds.teams
            if t.account_id == caller.account_id
        ]
        others = [
            self._contact(c.name, c.phone, "Contact", c.customer_id)
            for c in seeds.contacts
            if c.account_id == caller.account_id
        ]
        return {"contacts": users + teams + others}

    def config(self, login: Login, _args: Args) -> Info:
        """GetAppConfig: who the caller is."""
        user = self._world.people.user_of(login)
        first, _, last = login.name.partition(" ")
        return {
            "endpointId": user.id,
            "accountId": user.account_id,
            "customerId": user.customer_id,
            "accessToken": f"stand-in-voice-token-{user.id}",
            "identity": login.email,
            "emailAddress": login.email,
            "userInfo": {"firstName": first, "lastName": last, "name": login.name},
            "agentState": "Unknown",
            "agentStateReason": "Unknown",
        }

    def endpoints(self, login: Login, args: Args) -> Info:
        """ListEndpoints: phone numbers, users and teams of the caller's accounts."""
        types = args.get("types") or ([args["type"]] if "type" in args else None)
        rows = [
            row
            for row in self._endpoints()
            if row["accountId"] in login.account_ids
            and chosen(row["accountId"], args.get("accountIds"))
            and chosen(row["customerId"], args.get("customerIds"))
            and chosen(row["id"], args.get("specificIds"))
            and chosen(row["type"], types)
            and contains(row["displayName"], args.get("nameFilter"))
            and contains(row.get("phoneNumber"), args.get("phoneNumberFilter"))
        ]
        return dict(listed(rows, args, field_of, lambda row: row))

    def customers(self, login: Login, args: Args) -> Info:
        """ListCustomers."""
        rows = [
            self._customer(item)
            for item in self._world.people.seeds.customers
            if item.account_id in login.account_ids
            and chosen(item.account_id, args.get("accountIds"))
            and chosen(item.parent_id, args.get("parentCustomerIds"))
            and chosen(item.id, args.get("specificIds"))
            and contains(item.name, args.get("nameFilter"))
        ]
        return dict(listed(rows, args, field_of, lambda row: row))

    def register_device(self, login: Login, args: Args) -> Info:
        """NewDeviceToken: kept, and never pushed to."""
        device, token = args.get("deviceType", "Web"), args.get("token")
        self._world.store.insert("devices", email=login.email, type=device, token=token)
        return {"deviceType": device, "token": token}

    def _contact(self, name: str, address: str, kind: str, customer_id: str | None) -> Info:
        customer = self._world.people.customer(customer_id)
        return {
            "displayName": name,
            "address": address,
            "type": kind,
            "customerName": customer and customer.name,
            "canCall": True,
            "canChat": True,
        }

    def _address(self, kind: str, endpoint_id: str, email: str) -> str:
        match self._world.quirks.contact_address:
            case ContactAddress.TYPED:
                return f"{kind}:{endpoint_id}"
            case ContactAddress.BARE:
                return endpoint_id
            case ContactAddress.EMAIL:
                return email

    def _endpoints(self) -> list[Info]:
        seeds = self._world.people.seeds
        numbers = [
            self._endpoint(n.id, n.name, "PhoneNumber", n.account_id, n.customer_id)
            | {"phoneNumber": n.number, "disableSms": False}
            for n in seeds.phone_numbers
        ]
        users = [self._user_endpoint(user) for user in seeds.users]
        teams = [self._endpoint(t.id, t.name, "Team", t.account_id, None) for t in seeds.teams]
        return numbers + users + teams

    def _user_endpoint(self, user: User) -> Info:
        plain = self._endpoint(user.id, user.name, "User", user.account_id, user.customer_id)
        return plain | {"emailAddress": user.email}

    def _endpoint(self, endpoint_id: str, name: str, kind: str, account_id: str, customer_id: str | None) -> Info:
        customer = self._world.people.customer(customer_id)
        return {
            "id": endpoint_id,
            "accountId": account_id,
            "accountName": self._world.people.account(account_id).name,
            "customerId": customer_id,
            "customerName": customer and customer.name,
            "customerBreadcrumb": self._world.people.breadcrumb(customer_id),
            "displayName": name,
            "type": kind,
        }

    def _customer(self, item: Customer) -> dict[str, Any]:
        return {
            "id": item.id,
            "accountId": item.account_id,
            "accountName": self._world.people.account(item.account_id).name,
            "parentCustomerId": item.parent_id,
            "breadcrumb": self._world.people.breadcrumb(item.id),
            "isStaging": False,
            "name": item.name,
        }
