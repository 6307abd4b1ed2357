"""Files: two ways up, one way down."""

import base64
import binascii

from sandbox.evo.records import EffectKind
from sandbox.evo.seeds import Login
from sandbox.evo.sessions import Info
from sandbox.evo.wire import Answer, Args, Call, Refusal, upload_of
from sandbox.evo.world import World

_SOME_TYPE = "application/octet-stream"


class Files:
    """Uploads, served again at `/media/{id}` of this host (the real host's address form is unknown)."""

    def __init__(self, world: World) -> None:
        self._world = world

    def upload(self, login: Login, args: Args) -> Info:
        """UploadFile: base64 in JSON."""
        try:
            data = base64.b64decode(args.get("data", ""), validate=True)
        except (binascii.Error, ValueError):
            raise Refusal(400, "FormatException", "data is not base64", fields=["Data"]) from None
        return self._keep(login, args.get("fileName") or "file", args.get("contentType") or _SOME_TYPE, data)

    def upload_multipart(self, login: Login, args: Args, call: Call) -> Info:
        """AppUploadFile: the first file of a multipart body."""
        part = upload_of(call)
        if part is None:
            raise Refusal(400, "ArgumentException", "No file was uploaded")
        return self._keep(login, args.get("fileName") or part.name, part.content_type, part.data)

    def put(self, name: str, content_type: str, data: bytes) -> str:
        """Keep bytes; the URI they are served at, for use as a message's media."""
        store = self._world.store
        file_id = store.new_id(self._world.clock.now())
        store.insert("files", id=file_id, name=name, type=content_type, data=data)
        return f"{self._world.base_url}/media/{file_id}"

    def fetch(self, file_id: str) -> Answer:
        """The bytes of a media URI, or a plain 404."""
        row = self._world.store.one("SELECT * FROM files WHERE id = ?", file_id)
        if row is None:
            return Answer(404, b"Not found", "text/plain")
        return Answer(200, row["data"], row["type"])

    def _keep(self, login: Login, name: str, content_type: str, data: bytes) -> Info:
        with self._world.store.transaction():
            uri = self.put(name, content_type, data)
            self._world.effect(EffectKind.UPLOADED, None, login=login.email, name=name, size=len(data))
        account = self._world.people.account(login.account_ids[0])
        return {
            "id": uri.rpartition("/")[2],
            "type": "Upload",
            "accountId": account.id,
            "accountName": account.name,
            "userName": login.name,
            "fileName": name,
            "uri": uri,
            "contentType": content_type,
            "contentLength": len(data),
        }
