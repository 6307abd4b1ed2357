"""`make mutants`: takes the safeguards away, one at a time, and sees whether the tests notice.

Works in copies of this tree; the tree itself is left alone. Names are of mutations; without any, all of them are tried.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.faultlab.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "*.db*")
WORKERS = 2
SECONDS = 600  # a test that never ends has noticed, too
FAILED = 1  # pytest's word for it; others mean that nothing was tried
COLUMNS = ("safeguard taken away", "what it guards", "noticed by", "")


class Stale(Exception):
    """A mutation that does not fit the tree any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    mutation: Mutation
    word: str  # killed, survived, or what went wrong
    seconds: float

    def row(self) -> tuple[str, ...]:
        return (self.mutation.name, self.mutation.guards, ", ".join(map(_short, self.mutation.red)), self.word)


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("names", nargs="*", help="mutations to try; all when none is named")
    given = parser.parse_args()
    known = {mutation.name: mutation for mutation in MUTATIONS}
    for name in set(given.names) - set(known):
        parser.error(f"there is no {name!r}; close to it: {difflib.get_close_matches(name, known, 3, 0.3)}")
    chosen = [known[name] for name in given.names] or MUTATIONS
    for mutation in chosen:
        check(mutation, ROOT)
    outcomes = try_all(chosen)
    _say(_table([COLUMNS, *(outcome.row() for outcome in outcomes)]))
    survivors = [outcome for outcome in outcomes if outcome.word != "killed"]
    _say(f"{len(outcomes) - len(survivors)} of {len(outcomes)} were noticed")
    return 0 if outcomes and not survivors else 1


def check(mutation: Mutation, tree: Path) -> None:
    """Raises Stale when it cannot be applied, or names tests that are not there."""
    times = (tree / mutation.file).read_text().count(mutation.old)
    if times != 1:
        raise Stale(f"{mutation.name}: what it changes stands {times} times in {mutation.file}")
    for test in mutation.red:
        if not _is_there(test, tree):
            raise Stale(f"{mutation.name}: there is no {test}")


def _is_there(test: str, tree: Path) -> bool:
    file, _, name = test.partition("::")
    if not (tree / file).is_file():
        return False
    functions = {node.name for node in ast.walk(_parsed(tree / file)) if isinstance(node, _FUNCTIONS)}
    return not name or name.partition("[")[0] in functions


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PARSED: dict[Path, ast.Module] = {}


def _parsed(file: Path) -> ast.Module:
    if file not in _PARSED:
        _PARSED[file] = ast.parse(file.read_text())
    return _PARSED[file]


def try_all(mutations: Sequence[Mutation]) -> list[Outcome]:
    """First everything as it is, which must be well; then each mutation in a copy."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(WORKERS) as workers:
        trees: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for n in range(WORKERS):
            trees.put(copy_of(ROOT, Path(folder) / f"tree-{n}"))
        tests = sorted({test for mutation in mutations for test in mutation.red})
        _say(f"{len(tests)} tests with every safeguard in its place …")
        with _borrowed(trees) as tree:
            if run(tests, tree) != 0:
                raise SystemExit("the tests fail with every safeguard in its place: nothing can be learnt from them")
        return list(workers.map(lambda mutation: _try(mutation, trees), mutations))


def _try(mutation: Mutation, trees: queue.SimpleQueue[Path]) -> Outcome:
    started = time.monotonic()
    with _borrowed(trees) as tree, applied(mutation, tree):
        code = run(mutation.red, tree)
    word = {0: "SURVIVED", FAILED: "killed"}.get(code, f"pytest ended with {code}")
    outcome = Outcome(mutation, word, time.monotonic() - started)
    _say(f"{outcome.seconds:6.1f} s  {word:9} {mutation.name}")
    return outcome


@contextlib.contextmanager
def _borrowed(trees: queue.SimpleQueue[Path]) -> Iterator[Path]:
    tree = trees.get()
    try:
        yield tree
    finally:
        trees.put(tree)


@contextlib.contextmanager
def applied(mutation: Mutation, tree: Path) -> Iterator[None]:
    """The tree without a safeguard; afterwards as it was."""
    file = tree / mutation.file
    before = file.read_text()
    file.write_text(before.replace(mutation.old, mutation.new))
    try:
        yield
    finally:
        file.write_text(before)


def copy_of(root: Path, tree: Path) -> Path:
    """A copy whose code is what is imported there, although this tree may be installed. Raises Stale when it is not."""
    shutil.copytree(root, tree, ignore=LEFT_OUT)
    asked = "import bot, handlers, sandbox, tests; print(*(m.__path__[0] for m in (bot, handlers, sandbox, tests)))"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=tree, env=_environment(tree), capture_output=True, text=True, check=True
    )
    if not all(Path(found).resolve().is_relative_to(tree.resolve()) for found in told.stdout.split()):
        raise Stale(f"in {tree} other code is imported: {told.stdout}")
    return tree


def run(tests: Sequence[str], tree: Path) -> int:
    """pytest's exit code. What the tests have started ends with them."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(
        command,
        cwd=tree,
        env=_environment(tree),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return FAILED
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment(tree: Path) -> dict[str, str]:
    """No compiled files: one of the same size and second would be taken for the mutated one."""
    return {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}


def _short(test: str) -> str:
    """The test's name, or its file's."""
    file, _, name = test.partition("::")
    inside = re.search(r"\[(.*)\]", name)
    return inside[1] if inside else (name or Path(file).name).removeprefix("test_").replace("_", " ")


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the product of this program


if __name__ == "__main__":
    sys.exit(main())
