"""The chain: whatever is done to the record with another program is found, and the row is named."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import Anchor, Broken, Record, gesture_of, hash_of, subject_of, verify
from bot.model import Actor, Deed, ItemKey, Kind, NewSessionRequest, Phone, SessionKey, SessionType, SlackName
from bot.packing import pack_request
from bot.store import Store, StoreError, Tx, open_store
from bot.store.aside import reading
from bot.store.backup import backup
from tests.helpers import ANA, TEAM

START = Anchor(0, "5" * 64)
ROW_BYTES = 120  # of what such a row says, its hash last
TEXTS = ("team", "who", "what", "subject", "message", "detail", "hash")


def chain(length: int, start: Anchor = START) -> list[Record]:
    records: list[Record] = []
    before = start
    for key in range(start.key + 1, start.key + 1 + length):
        row = Record(key, 1_700_000_000.25 + key, TEAM, ANA, Deed.DONE, 1, key, "ab", f"{TEAM}/C1/1.2", "invite")
        row = replace(row, hash=hash_of(before.hash, row))
        records.append(row)
        before = Anchor(key, row.hash)
    return records


def write_three(tx: Tx) -> None:
    for n, deed in enumerate((Deed.ASKED, Deed.CONFIRMED, Deed.DONE)):
        tx.audit(
            deed, 1_700_000_000.1 + n, by=Actor(TEAM, ANA), session=SessionKey(1), item=ItemKey(2),
            subject="ab12", message=f"{TEAM}/C1/1.2", detail="invite",
        )  # fmt: skip


def found(path: Path, head: str | None = None) -> Broken | None:
    """As whoever looks at the file from beside finds it."""
    with reading(path) as read:
        return verify(read.audited(), read.audit_start(), last_key=read.audit_keys_given(), head=head)


def tamper(path: Path, *statements: str) -> None:
    """As somebody does it who has the file and another program."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER audit_stays")
        connection.execute("DROP TRIGGER audit_is_kept")
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.fixture
async def path(store: Store, tmp_path: Path) -> Path:
    """A file with three rows."""
    await store.write(write_three)
    return tmp_path / "evobot.db"


# What was written


async def test_what_is_written_is_read_back_and_holds(store: Store, path: Path) -> None:
    start = store.read.audit_start()
    rows = [
        Record(n + 1, 1_700_000_000.1 + n, TEAM, ANA, what, 1, 2, "ab12", f"{TEAM}/C1/1.2", "invite")
        for n, what in enumerate(("asked", "confirmed", "done"))
    ]
    first = replace(rows[0], hash=hash_of(start.hash, rows[0]))
    second = replace(rows[1], hash=hash_of(first.hash, rows[1]))
    third = replace(rows[2], hash=hash_of(second.hash, rows[2]))
    assert store.read.audited() == [first, second, third]
    assert store.read.audit_head() == Anchor(3, third.hash)
    assert found(path) is None


async def test_no_two_files_begin_alike(store: Store, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = open_store(tmp_path / "other" / "evobot.db")
    assert store.read.audit_start() != other.read.audit_start()
    other.close()


async def test_fifty_who_write_at_once_make_one_chain(store: Store, tmp_path: Path) -> None:
    await asyncio.gather(*(store.write(write_three) for _ in range(50)))
    assert (len(store.read.audited()), found(tmp_path / "evobot.db")) == (150, None)


async def test_what_fails_leaves_no_row_and_no_gap(store: Store, path: Path) -> None:
    def fails(tx: Tx) -> None:
        write_three(tx)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write(fails)
    await store.write(write_three)
    assert ([row.key for row in store.read.audited()], found(path)) == ([1, 2, 3, 4, 5, 6], None)


def test_a_time_without_a_fraction_has_the_hash_that_it_has_when_it_is_read(store: Store) -> None:
    """What SQLite gives back is a float, whatever was put in."""
    row = Record(1, 1_700_000_000.0, "", "", Deed.STOPPED, None, None, "", "", "")
    for at in (1_700_000_000, 0.1 + 0.2, 1e300, 5e-324):
        written = replace(row, at=float(at))
        (read,) = store.read._connection.execute("SELECT ?", (written.at,)).fetchone()
        assert hash_of("", written) == hash_of("", replace(row, at=read))


async def test_what_is_written_while_somebody_looks_raises_no_alarm(store: Store, path: Path) -> None:
    """The bot goes on; all answers are of one moment."""
    with reading(path) as read:
        records = read.audited()
        await store.write(write_three)
        await store.write(lambda tx: tx.prune_audit(1_700_000_001.0))
        assert verify(records, read.audit_start(), last_key=read.audit_keys_given()) is None
    assert found(path) is None


# What was changed


@pytest.mark.parametrize("column", TEXTS)
async def test_each_flipped_byte_is_found_and_its_row_is_named(store: Store, path: Path, column: str) -> None:
    """Also where the result is no UTF-8 any more."""
    (_, second, _) = store.read.audited()
    text = getattr(second, column).encode()
    tamper(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for n in range(len(text)):
        for bit in (0x01, 0x20, 0x80):
            flipped = text[:n] + bytes([text[n] ^ bit]) + text[n + 1 :]
            connection.execute(f"UPDATE audit SET {column} = CAST(? AS TEXT) WHERE key = 2", (flipped,))
            broken = found(path)
            assert (n, broken and broken.key) == (n, 2)
    connection.execute(f"UPDATE audit SET {column} = CAST(? AS TEXT) WHERE key = 2", (text,))
    connection.close()
    assert found(path) is None


async def test_no_byte_of_a_row_can_be_flipped_on_the_disk_unnoticed(path: Path) -> None:
    """Its row is named, save where the flip makes the page unreadable: then the file is damaged."""
    copy = path.with_name("copy.db")
    backup(path, copy)
    good = copy.read_bytes()
    with reading(copy) as read:
        _, second, _ = read.audited()
    end = good.index(second.hash.encode()) + len(second.hash)
    named = set()
    for n in range(end - ROW_BYTES, end):
        copy.write_bytes(good[:n] + bytes([good[n] ^ 0x04]) + good[n + 1 :])
        try:
            broken = found(copy)
        except StoreError:
            continue
        named.add(broken and broken.key)
    assert named == {2}


CHANGED = "was changed: the row after it is still bound to what it said."
LAST_CHANGED = "was changed, or was added by somebody else: its hash is not that of what it says."


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET at = at + 0.001 WHERE key = 2", Broken(2, CHANGED)),
        ("UPDATE audit SET session = NULL WHERE key = 2", Broken(2, CHANGED)),
        ("UPDATE audit SET item = 3 WHERE key = 1", Broken(1, CHANGED)),
        ("UPDATE audit SET who = 'U9' WHERE key = 3", Broken(3, LAST_CHANGED)),
        ("DELETE FROM audit WHERE key = 1", Broken(1, "is missing.")),
        ("DELETE FROM audit WHERE key = 2", Broken(2, "is missing.")),
        ("DELETE FROM audit WHERE key = 3", Broken(3, "is missing.")),
        ("DELETE FROM audit WHERE key < 3", Broken(1, "and those up to row 2 are missing.")),
        ("DELETE FROM audit", Broken(1, "and those up to row 3 are missing.")),
        (
            "INSERT INTO audit (key, at, team, who, what, hash) SELECT 4, at, team, who, what, hash FROM audit LIMIT 1",
            Broken(4, LAST_CHANGED),
        ),
        (
            "INSERT INTO audit (at, team, who, what, hash) VALUES (1, '', 'U9', 'done', hex(randomblob(32)))",
            Broken(4, LAST_CHANGED),
        ),
        (
            "INSERT INTO audit (key, at, team, who, what, hash) VALUES (0, 1, '', 'U9', 'done', '')",
            Broken(0, "was added before the beginning of the record."),
        ),
    ],
)  # fmt: skip
async def test_what_was_done_to_a_row_is_said(path: Path, statement: str, broken: Broken) -> None:
    tamper(path, statement)
    assert found(path) == broken


@pytest.mark.parametrize("pair", [(1, 2), (2, 3), (1, 3)])
async def test_rows_that_have_changed_places_are_named(path: Path, pair: tuple[int, int]) -> None:
    first, second = pair
    move = "UPDATE audit SET key = {} WHERE key = {}"
    tamper(path, move.format(-1, first), move.format(first, second), move.format(second, -1))
    assert found(path) == Broken(first, f"is what row {second} was: rows have changed places.")


async def test_a_row_that_stands_there_twice_is_named(path: Path) -> None:
    columns = "at, team, who, what, session, item, subject, message, detail, hash"
    tamper(path, f"INSERT INTO audit (key, {columns}) SELECT 4, {columns} FROM audit WHERE key = 2")
    assert found(path) == Broken(4, "is what row 2 was: rows have changed places.")


async def test_a_row_put_in_between_is_found(path: Path) -> None:
    tamper(
        path,
        "UPDATE audit SET key = -key WHERE key > 1",
        "UPDATE audit SET key = 1 - key WHERE key < 0",
        "INSERT INTO audit (key, at, team, who, what, hash) VALUES (2, 1, '', 'U9', 'done', '')",
    )
    broken = found(path)
    assert broken is not None
    assert broken.key == 2


async def test_a_tail_that_was_cut_off_is_found_by_the_keys_that_were_given(path: Path) -> None:
    tamper(path, "DELETE FROM audit WHERE key > 1")
    assert found(path) == Broken(2, "and those up to row 3 are missing.")


@pytest.mark.parametrize(
    "forge",
    [
        lambda _: ["DELETE FROM audit WHERE key > 1", "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'"],
        lambda rows: [
            f"UPDATE audit SET who = 'U9', hash = '{hash_of(rows[1].hash, replace(rows[2], who='U9'))}' WHERE key = 3"
        ],
    ],
)
async def test_what_was_forged_with_care_is_found_by_a_hash_that_was_noted(
    store: Store, path: Path, forge: Callable[[list[Record]], list[str]]
) -> None:
    rows = store.read.audited()
    tamper(path, *forge(rows))
    assert found(path) is None
    assert (found(path, rows[0].hash), found(path, rows[2].hash)) == (
        None,
        Broken(
            store.read.audit_head().key,
            "is the last one, and the noted hash is of none: rows were cut off, or were written anew, "
            "since it was noted.",
        ),
    )


def test_no_row_can_be_written_anew_without_all_after_it() -> None:
    """The next row is bound to what it said."""
    records = chain(3)
    forged = replace(records[1], who="U9")
    forged = replace(forged, hash=hash_of(records[0].hash, forged))
    assert verify([records[0], forged, records[2]], START) == Broken(3, LAST_CHANGED)


def test_the_hash_before_the_first_row_is_in_the_chain_as_well() -> None:
    assert verify(chain(2), START, head=START.hash) is None
    assert verify([], START, head=START.hash) is None


# What is old


async def test_the_oldest_go_and_the_rest_still_holds(store: Store, path: Path) -> None:
    head = store.read.audit_head()
    gone = await store.write(lambda tx: tx.prune_audit(1_700_000_002.0))
    assert (gone, [(row.key, row.what, row.detail) for row in store.read.audited()]) == (
        2,
        [(3, "done", "invite"), (4, "old records deleted", "up to row 2")],
    )
    assert (found(path), found(path, head.hash)) == (None, None)


async def test_all_may_go_and_what_comes_follows_it(store: Store, path: Path) -> None:
    assert await store.write(lambda tx: tx.prune_audit(2_000_000_000.0)) == 3
    await store.write(write_three)
    assert ([row.key for row in store.read.audited()], found(path)) == ([4, 5, 6, 7], None)


async def test_a_row_that_is_not_old_keeps_those_behind_it(store: Store, path: Path) -> None:
    """A clock may have been wrong for a while; nothing goes out of the middle."""
    await store.write(lambda tx: tx.audit(Deed.STOPPED, 1.0))
    assert await store.write(lambda tx: tx.prune_audit(1_700_000_001.0)) == 1
    assert ([row.key for row in store.read.audited()], found(path)) == ([2, 3, 4, 5], None)


async def test_rows_that_only_tell_of_deletions_are_not_worth_another(store: Store, path: Path) -> None:
    await store.write(lambda tx: tx.prune_audit(2_000_000_000.0))
    assert await store.write(lambda tx: tx.prune_audit(9_000_000_000.0)) == 0
    assert ([row.key for row in store.read.audited()], found(path)) == ([4], None)


async def test_a_beginning_that_nobody_has_told_of_is_a_gap(store: Store, path: Path) -> None:
    """Whoever cuts the record at its beginning has to forge what tells of it, and with it every hash since."""
    second = store.read.audited()[1]
    tamper(path, "DELETE FROM audit WHERE key < 3", f"UPDATE audit_from SET key = 2, hash = '{second.hash}'")
    assert found(path) == Broken(1, "and those up to row 2 are missing.")


# What a row says


@pytest.mark.parametrize(
    ("name", "gesture"),
    [
        ("T1/C1/1700000000.000100", "T1/C1/1700000000.000100"),
        ("T1/C1/1700000000.000100/+15035550123", "T1/C1/1700000000.000100"),
        ("T1/view/V1/joe@example.com", "T1/view/V1"),
        ("T1/view/V1/invite/0", "T1/view/V1"),
        ("T1/command/1.2.abc/open", "T1/command/1.2.abc"),
        ("T1/C1/click/1700000000.5/greeting", "T1/C1/click/1700000000.5"),
        ("T1/forgotten/C1/1700000000.000100/open", "T1/forgotten/C1/1700000000.000100"),
    ],
)
def test_a_name_is_cut_to_the_gesture_before_anybodys_number(name: str, gesture: str) -> None:
    assert gesture_of(SlackName(name)) == gesture


def test_whom_an_opening_reaches_is_told_in_hashes_each_once() -> None:
    phone = Phone("+15035550123", "US")
    request = NewSessionRequest(SessionType.VOICE, "x", with_address="+15035550123", to=phone)
    hashed = {"+15035550123": "aa"}.__getitem__
    assert subject_of(Kind.OPEN, pack_request(request), hashed) == "aa"


def test_what_is_gone_from_an_item_reaches_nobody() -> None:
    """Its words go when their time is over; the record stays."""
    assert [subject_of(kind, {}, str.upper) for kind in Kind] == [""] * len(Kind)


def test_a_colleague_is_told_by_their_name_in_slack() -> None:
    assert subject_of(Kind.INVITE, {"phone": None, "email": None, "slack_user": "U2"}, str.upper) == "U2"
