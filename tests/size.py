"""Measure the size of the code: `python tests/size.py` prints a table. `contract/test_size.py` holds the limits.

A code line is a line of Python that is not blank and not only a comment or a part of a docstring. The length of a
module is that of its file. The length of a function counts from `def` to its end, without its docstring. `self` and
`cls` are no parameters.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = ("connectors", "flows", "demo")
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> Iterator[Path]:
    """Yield the Python files of folders of the project."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the path of a file below the project."""
    return path.relative_to(ROOT).as_posix()


def docstring_lines(node: ast.AST) -> set[int]:
    """Return the numbers of the lines of a node's own docstring."""
    if not isinstance(node, ast.Module | ast.ClassDef | Function) or ast.get_docstring(node, clean=False) is None:
        return set()
    first = node.body[0]
    return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))


def code_lines(path: Path) -> int:
    """Return the number of code lines of a module."""
    text = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    documented = {line for node in ast.walk(ast.parse(text)) for line in docstring_lines(node)}
    rows = text.splitlines()
    return len([line for line in lines - documented if rows[line - 1].strip()])


def functions(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield (name, length in lines, number of parameters) of every function and method of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            lines = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            n_parameters = len([one for one in arguments if one.arg not in ("self", "cls")])
            yield f"{name_of(path)}: {node.name}", len(lines - docstring_lines(node)), n_parameters


def lines_of(*patterns: str) -> int:
    """Return the number of lines of all files that match one of the patterns."""
    files = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


def measures() -> dict[str, int]:
    """Return all measures by name.

    Example:
        `{"code lines of connectors": 4102, ..., "longest module, lines": 298, ...}`
    """
    counts = {f"code lines of {folder}": sum(map(code_lines, modules(folder))) for folder in CODE}
    found = [one for path in modules(*CODE) for one in functions(path)]
    return {
        **counts,
        "code lines in all": sum(counts.values()),
        "lines of SQL": lines_of("dbt_project/**/*.sql"),
        "lines of tests": lines_of("tests/**/*.py"),
        "longest module, lines": max(len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*CODE)),
        "longest function, lines": max(length for _, length, _ in found),
        "most parameters": max(number for _, _, number in found),
        **{f"modules directly in {folder}": len(direct(folder)) for folder in ("connectors", "flows")},
    }


def direct(folder: str) -> list[str]:
    """Return the modules that lie directly in a folder."""
    return [path.stem for path in sorted((ROOT / folder).glob("*.py")) if path.stem != "__init__"]


if __name__ == "__main__":
    for name, number in measures().items():
        print(f"{number:7,}  {name}")
