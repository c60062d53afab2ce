"""Write docs/promises.md from test reports: `python docs/make_promises.py REPORT...`.

Without a report, print the tests that the page needs. A report is JUnit XML. If a test is in several reports, the last
one counts. The figure of a promise is what its tests recorded under its slug. If they recorded nothing, it is the
number of tests that passed. If a test of a promise failed or did not run, the page is not written.
"""

import csv
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from platform import python_version
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "promises.md"
PROMISES = ROOT / "docs" / "promises.csv"
NOT_PASSED = ("failure", "error", "skipped")
COLUMNS = ["| promise | goal | found | tests |", "|---|---|---|---|"]
PACKAGES = ("zicht", "prefect", "dbt-core", "dbt-duckdb", "duckdb", "pyarrow")
HEAD = """# Promises

What zicht promises, to whom, and the figure that the last run of its tests gave. `make promises` runs them all and
writes this page; `make test` and `make test-full` run a share of the same tests at every change.
"""


class NotKept(Exception):
    """A promise has no figure, because a test of it failed or did not run."""


def load_promises() -> list[dict[str, str]]:
    """Return the rows of promises.csv in the order of the page."""
    with PROMISES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def figure(promise: dict[str, str], cases: Iterable[ElementTree.Element]) -> str:
    """Return the figure of a promise.

    Args:
        promise: Its row of promises.csv.
        cases: The `testcase` elements of all reports.

    Returns:
        The recorded values, joined by "; ", or for example "4 of 4 tests" if none is recorded.

    Raises:
        NotKept: A test of the promise failed, or none ran.
    """
    path, _, name = promise["tests"].partition("::")
    module = path.removesuffix(".py").replace("/", ".")
    own = [
        case
        for case in cases
        if case.get("classname") == module and name in ("", (case.get("name") or "").partition("[")[0])
    ]
    if not own:
        raise NotKept(f"{promise['slug']}: {promise['tests']} did not run")
    failed = [case.get("name") for case in own if any(case.find(kind) is not None for kind in NOT_PASSED)]
    if failed:
        raise NotKept(f"{promise['slug']}: {failed[0]} did not pass")
    recorded = [
        str(found.get("value"))
        for case in own
        for found in case.iter("property")
        if found.get("name") == promise["slug"]
    ]
    return "; ".join(recorded) or f"{len(own)} of {len(own)} tests"


def page(promises: list[dict[str, str]], cases: list[ElementTree.Element], date: str) -> str:
    """Return the page as Markdown.

    Args:
        promises: The rows of promises.csv.
        cases: The `testcase` elements of all reports.
        date: The day of the run, as ISO text.

    Raises:
        NotKept: A promise has no figure.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    parts = [HEAD + f"\nLast run: {date}, Python {python_version()}, {versions}.\n"]
    for audience, own in groupby(promises, key=lambda promise: promise["audience"]):
        rows = [f"| {one['promise']} | {one['goal']} | **{figure(one, cases)}** | `{one['tests']}` |" for one in own]
        parts.append("\n".join([f"## For the {audience.lower()}", "", *COLUMNS, *rows, ""]))
    return "\n".join(parts)


def latest(reports: Iterable[ElementTree.Element]) -> list[ElementTree.Element]:
    """Return the test cases of all reports. If a test is in several reports, return its last case."""
    cases = {(case.get("classname"), case.get("name")): case for report in reports for case in report.iter("testcase")}
    return list(cases.values())


def main() -> None:
    promises = load_promises()
    if not sys.argv[1:]:
        sys.stdout.write(" ".join(dict.fromkeys(promise["tests"] for promise in promises)))
        return
    cases = latest(ElementTree.parse(report).getroot() for report in sys.argv[1:])
    try:
        text = page(promises, cases, datetime.now(UTC).date().isoformat())
    except NotKept as promise:
        sys.exit(f"{promise}: the page stays as it was.")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
