"""The documents say what the program does: what they name exists, and what can be generated is generated.

`python -m tests.test_docs` writes the generated parts anew: the settings of docs/REFERENCE.md, .env.example, the layers
of ARCHITECTURE.md, what was measured in docs/COMPARISON.md, and the figures of docs/OPERATING.md.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import emoji
import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

import bot.__main__ as program
from benchmarks.figures import Spread
from bot.console import common
from bot.counts import COUNTED
from bot.grammar import TOPICS, Incomplete, TooLong, Unknown, help_text, parse
from bot.metrics import LOOKED_UP
from bot.model import MAY_BECOME, Mark
from bot.settings import BadSettings, Settings, load, variable
from bot.text import note_of
from handlers.orders import KNOWN
from tests.helpers import house

ROOT = Path(__file__).parent.parent
README, ARCHITECTURE, CHANGELOG, ENV = "README.md", "ARCHITECTURE.md", "CHANGELOG.md", ".env.example"
SECURITY, OPERATING = "SECURITY.md", "docs/OPERATING.md"
USING, REFERENCE, COMPARISON = "docs/USING.md", "docs/REFERENCE.md", "docs/COMPARISON.md"
DOCUMENTS = (README, USING, REFERENCE, OPERATING, SECURITY, COMPARISON, ARCHITECTURE, CHANGELOG)
FOR_PEOPLE = (README, USING, REFERENCE)
ONE_OF_TWO = ("slack_app_token", "slack_signing_secret")


# What is generated


def settings_table() -> str:
    """The table of the reference."""
    rows = [
        f"| `{variable(name)}` | {_default(name, field)} | {field.description} |"
        for name, field in _needed_first(Settings.model_fields)
    ]
    return "\n".join(["| Setting | If you say nothing | What it is |", "|---|---|---|", *rows])


def env_example() -> str:
    """A file to be copied to .env. What is not needed is commented out and shows its default."""
    parts = [
        "# Copy this file to .env, fill in what is needed, and keep it to yourself: chmod 600 .env",
        "# An empty value counts as not set. NAME_FILE=path reads the value of NAME from a file.",
    ]
    heading = ""
    for name, field in _needed_first(Settings.model_fields):
        if (now := _heading(name, field)) != heading:
            parts += ["", f"## {now}"]
            heading = now
        parts += ["", f"# {field.description}", _example(name, field)]
    return "\n".join(parts) + "\n"


def layers() -> str:
    """Which way the imports point, as import-linter checks it."""
    contracts = tomllib.loads(_text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    drawn: list[str] = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return "\n".join(["```text", *drawn, "```"])


def speed() -> str:
    """What was measured last, and what was aimed at."""
    targets = json.loads(_text("benchmarks/result.json"))["targets"]
    rows = [
        f"| {each['what']} | {each['wanted']} | {Spread.of(each['measured'])} | {'●' if each['met'] else '○'} |"
        for each in targets
    ]
    return "\n".join(["| As a ratio in one run | Aim | Measured | Met |", "|---|---|---|---|", *rows])


def figures() -> str:
    """What /metrics tells."""
    rows = [
        f"| `{metric.name}` | {metric.kind} | {', '.join(metric.labels)} | {metric.help} |"
        for metric in (*LOOKED_UP, *COUNTED)
    ]
    return "\n".join(["| Figure | Kind | Labels | What it is |", "|---|---|---|---|", *rows])


GENERATED = [
    (REFERENCE, "settings", settings_table),
    (COMPARISON, "speed", speed),
    (ARCHITECTURE, "layers", layers),
    (OPERATING, "figures", figures),
]


def write() -> None:
    """Puts what is generated where it belongs."""
    (ROOT / ENV).write_text(env_example(), encoding="utf-8")
    for document, mark, make in GENERATED:
        head, _, rest = _parted(_text(document), mark)
        (ROOT / document).write_text(f"{head}\n{make()}\n{rest}", encoding="utf-8")


def _needed_first(fields: dict[str, FieldInfo]) -> list[tuple[str, FieldInfo]]:
    order = {"Needed": 0, "One of these two": 1}
    return sorted(fields.items(), key=lambda each: order.get(_heading(*each), 2))


def _heading(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "Needed"
    return "One of these two" if name in ONE_OF_TWO else "As you like; these are the defaults"


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if name in ONE_OF_TWO:
        return "one of the two is needed"
    shown = _shown(field.default)
    return (f"`{shown}`" if shown else "empty") + _limits(field)


def _example(name: str, field: FieldInfo) -> str:
    empty = field.is_required() or name in ONE_OF_TWO
    return f"{variable(name)}=" if empty else f"# {variable(name)}={_shown(field.default)}"


def _shown(value: object) -> str:
    match value:
        case None | frozenset():
            return ""
        case bool():
            return str(int(value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _limits(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return f" ({', '.join(get_args(field.annotation))})"
    least = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    most = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return f" ({least:g} to {most:g})" if least is not None and most is not None else ""


# Reading documents


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _parted(text: str, mark: str) -> tuple[str, str, str]:
    """The text up to `<!-- mark … -->`, what stands between it and `<!-- /mark -->`, and the rest."""
    found = re.fullmatch(rf"(.*<!-- {mark}\b[^>]*-->)(.*?)(<!-- /{mark} -->.*)", text, re.DOTALL)
    assert found, f"no part marked {mark}"
    return found[1], found[2], found[3]


def _section(document: str, heading: str) -> str:
    """From a heading to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", _text(document), re.MULTILINE)
    assert found, f"{document} has no section {heading}"
    after = _text(document)[found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def _code(document: str) -> Iterator[str]:
    """Everything that is set as code: lines of blocks, and spans."""
    text = _text(document)
    for block in _blocks(text):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def _code_for_people() -> list[str]:
    return [code for document in FOR_PEOPLE for code in _code(document)]


def _blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def _rows(table: str) -> list[list[str]]:
    """The rows of the tables in a text, without their heads."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    heads = {n - 1 for n, line in enumerate(lines) if re.fullmatch(r"[|:\- ]+", line)}
    body = [line for n, line in enumerate(lines) if n not in heads and n - 1 not in heads]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in body]


def _slug(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


# The settings


@pytest.mark.parametrize(("document", "mark", "make"), GENERATED)
def test_generated_parts_are_up_to_date(document: str, mark: str, make: Any) -> None:
    assert _parted(_text(document), mark)[1].strip() == make(), "run: python -m tests.test_docs"


def test_the_example_is_up_to_date() -> None:
    assert _text(ENV) == env_example(), "run: python -m tests.test_docs"


def test_the_example_names_every_setting_once_and_nothing_else() -> None:
    named = re.findall(r"^(?:# )?([A-Z_]+)=", _text(ENV), re.MULTILINE)
    assert sorted(named) == sorted(variable(name) for name in Settings.model_fields)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from whoever runs the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def test_the_example_as_it_is_says_what_is_missing(bare: None) -> None:
    with pytest.raises(BadSettings) as error:
        load(ROOT / ENV)
    needed = [variable(name) for name, field in Settings.model_fields.items() if field.is_required()]
    *lines, way_in = str(error.value).splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == sorted(needed)
    assert all(variable(name) in way_in for name in ONE_OF_TWO)


def test_the_example_filled_in_gives_the_defaults(bare: None, tmp_path: Path) -> None:
    """What is commented out shows what would hold anyway, in a form that can be read back."""
    needed = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "EVO_USERNAME": "a@b.c", "EVO_PASSWORD": "p"}
    lines = [re.sub(r"^# (?=[A-Z_]+=)", "", line) for line in _text(ENV).splitlines()]
    whole, short = tmp_path / "whole", tmp_path / "short"
    whole.write_text("\n".join(line + needed.get(line.removesuffix("="), "") for line in lines))
    short.write_text("\n".join(f"{name}={value}" for name, value in needed.items()))
    assert load(whole) == load(short)


def test_every_setting_is_described_in_one_line() -> None:
    described = {name: field.description or "" for name, field in Settings.model_fields.items()}
    assert all(text and "\n" not in text and " | " not in text for text in described.values()), described


def test_no_secret_has_a_default() -> None:
    secret = [f for f in Settings.model_fields.values() if SecretStr in (get_args(f.annotation) or (f.annotation,))]
    assert {type(field.default) for field in secret if not field.is_required()} == {NoneType}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_settings_that_are_named_exist(document: str) -> None:
    named = set(re.findall(r"\b(?:SLACK|EVO|EVOBOT)_[A-Z_]+\b", _text(document)))
    assert {name.removesuffix("_FILE") for name in named} <= {variable(name) for name in Settings.model_fields}


# Links and names


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", _text(document))
    assert [link for link in links if not link.startswith("https://") and not _leads(document, link)] == []


def _leads(document: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / document).parent / path if path else ROOT / document
    if not anchor or not target.is_file():
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    return anchor in {_slug(heading) for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    named = {code for code in _code(document) if re.fullmatch(r"(?:bot|handlers|sandbox|tests)/[\w./]*", code)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_what_the_chart_shows_is_read_out_as_it_is_drawn() -> None:
    (alt,) = re.findall(r"!\[([^\]]*)\]\([^)]*chart\.svg\)", _text(COMPARISON))
    drawn = re.findall(r">([\d,]+)<", _text("benchmarks/chart.svg"))
    said = re.findall(r"\d[\d,]*\d", alt)
    assert len(said) == 4
    assert set(said) <= set(drawn)


def test_every_promise_names_the_test_that_holds_it() -> None:
    promises = re.findall(r"^\d+\. .*?(?=^\d+\. |\Z)", _section(README, "What we promise"), re.DOTALL | re.MULTILINE)
    assert len(promises) >= 6
    assert [promise for promise in promises if not re.search(r"\]\(tests/[\w/]+/test_\w+\.py\)", promise)] == []


def test_every_room_is_in_the_tree_and_the_tree_names_no_other() -> None:
    drawn = set(_tree(_parted(_text(ARCHITECTURE), "tree")[1]))
    assert sorted(str(path) for path in drawn if not (ROOT / path).exists()) == []
    rooms = {path.relative_to(ROOT) for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or _is_package(path)}
    assert sorted(map(str, rooms - drawn)) == ["bot/__init__.py"]


def _tree(block: str) -> Iterator[Path]:
    """Two spaces a level; the first word of a line is a file, or a folder with a slash."""
    above: list[str] = []
    for line in block.splitlines():
        if found := re.match(r"( *)([\w.\-]+/?)(?: |$)", line):
            above = [*above[: len(found[1]) // 2], found[2]]
            yield Path("".join(above))


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


@pytest.mark.parametrize("document", [*DOCUMENTS, ENV])
def test_no_path_of_anybodys_machine(document: str) -> None:
    assert re.findall(r"(?<![\w.])/(?:work|tmp|home|root|Users|mnt|opt)\b\S*", _text(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_code_is_torn_at_the_end_of_a_line(document: str) -> None:
    """Whoever copies it gets it whole, and the tests here read it."""
    prose = re.sub(r"^ *```.*?^ *```", "", _text(document), flags=re.DOTALL | re.MULTILINE)
    assert [line for line in prose.splitlines() if line.count("`") % 2] == []


@pytest.mark.parametrize(("document", "columns"), [(README, 80), (REFERENCE, 80), (ARCHITECTURE, 120)])
def test_pictures_and_examples_fit_a_terminal(document: str, columns: int) -> None:
    lines = [line for block in _blocks(_text(document)) for line in block.splitlines()]
    assert [line for line in lines if _width(line) > columns] == []


def test_the_changes_end_with_this_version() -> None:
    version = tomllib.loads(_text("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## (.+)$", _text(CHANGELOG), re.MULTILINE)
    assert headings
    assert headings[0].startswith("Unreleased")
    assert any(version in heading for heading in headings)


# What can be typed


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    named = {target for code in _code(document) for target in re.findall(r"\bmake ([a-z]+)", code)}
    assert named <= targets


def test_the_console_commands_are_those_of_the_program() -> None:
    verbs = next(action.choices for action in program._parser()._actions if action.choices)
    named = {verb for code in _code_for_people() for verb in re.findall(r"\bevobot ([a-z]+)\b", code)}
    assert named == set(verbs or ())


@pytest.mark.parametrize("line", sorted({code for code in _code(SECURITY) if code.startswith("evobot ")}))
def test_every_command_of_the_security_page_can_be_said(line: str) -> None:
    assert callable(program._parser().parse_args(line.split()[1:]).run)


def test_no_command_takes_a_secret_as_an_argument() -> None:
    """Arguments can be read by everybody on the machine, and stay in the shell's history."""
    options, parsers = set(), [program._parser()]
    while parsers:
        for action in parsers.pop()._actions:
            options |= {action.dest, *action.option_strings}
            parsers += action.choices.values() if isinstance(action.choices, dict) else []
    assert len(options) > 20
    told = {name for name in options if not re.search("[-_]file$", name)}  # where it is, not what it is
    assert sorted(name for name in told if re.search("token|secret|passw|user_?name|login", name)) == []


def test_every_secret_can_be_rotated_and_no_other_is_spoken_of() -> None:
    secret = {variable(name) for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    steps = _section(SECURITY, "Rotating a secret")
    assert sorted(re.findall(r"^\d+\. \*\*[^(]+\(`([A-Z_]+)`\)", steps, re.MULTILINE)) == sorted(secret)


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = {code for name, code in vars(common).items() if name.startswith("EXIT_")}
    assert {row[0] for row in _rows(_section(REFERENCE, "Exit codes"))} == {"0", *map(str, codes)}


BOT_MENTION = f"<@{house().bot}>"
HELP = help_text("", BOT_MENTION, KNOWN)
HELPS = {help_text(topic, BOT_MENTION, KNOWN) for topic in ("", *TOPICS)}


@pytest.mark.parametrize("code", sorted({code for code in _code_for_people() if code.startswith("/session")}))
def test_what_can_be_typed_after_session_is_known(code: str) -> None:
    understood = parse(code.removeprefix("/session"), region="US", in_thread=False)
    assert not isinstance(understood, Unknown | TooLong)
    assert not isinstance(understood, Incomplete) or not any(problem.typed for problem in understood.problems)


@pytest.mark.parametrize("code", sorted({code for code in _code_for_people() if code.startswith("@Evo ")}))
def test_what_can_be_typed_after_a_mention_is_known(code: str) -> None:
    assert not isinstance(
        parse(code.removeprefix("@Evo").replace("…", "x"), region="US", in_thread=True), Unknown | TooLong | Incomplete
    )


def test_what_the_help_offers_is_in_the_page_for_people() -> None:
    offered = re.findall(r"`([^`]+)`", HELP.replace(BOT_MENTION, "@Evo"))
    assert offered
    text = _text(USING)
    assert [code for code in offered if " ".join(code.split()[:2]).removesuffix(" …") not in text] == []


def test_the_note_prefixes_are_those_of_the_code() -> None:
    row = next(row for row in _rows(_section(USING, "Using it")) if "internal" in row[0])
    prefixes = re.findall(r"`([^`]+)`", row[1])
    assert prefixes
    assert [prefix for prefix in prefixes if note_of(f"{prefix} she called last week") != "she called last week"] == []


def test_the_signs_are_those_of_the_code() -> None:
    signs = {emoji.emojize(f":{mark}:", language="alias") for mark in Mark if mark}
    assert {row[0] for row in _rows(_section(USING, "What the signs mean"))} == signs


# What is said


def _words_of_the_program() -> str:
    """Every text in the source, each on a line of its own."""
    files = [path for room in ("bot", "handlers") for path in (ROOT / room).rglob("*.py")]
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_what_the_program_is_quoted_with_it_says() -> None:
    """Where people read, “…” is for the program's own words, with … where they vary."""
    said = _words_of_the_program()
    quotes = [quote for document in (*FOR_PEOPLE, OPERATING) for quote in re.findall(r"“([^”]+)”", _text(document))]
    parts = [part.strip() for quote in quotes for part in quote.replace("`", "").split("…")]
    assert [part for part in parts if part and part not in said.replace("`", "")] == []


def test_every_button_that_is_named_exists() -> None:
    named = re.findall(r"\*\*([^*]+)\*\*", _section(USING, "Using it"))
    assert named
    assert sorted(set(named) - set(_words_of_the_program().split("\n"))) == []


def test_the_states_are_those_of_the_model() -> None:
    drawn = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in _rows(_section(ARCHITECTURE, "States"))}
    assert drawn == {str(state): {str(after) for after in afters} for state, afters in MAY_BECOME.items()}


def test_the_manifest_has_as_many_lines_for_http_as_the_readme_says() -> None:
    assert "five lines marked `HTTP`" in _text(README)
    assert len(re.findall(r"# HTTP: ", _text("manifest.yml"))) == 5


if __name__ == "__main__":
    write()
