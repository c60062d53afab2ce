"""Write docs/field-register.md for the data protection impact assessment: `python docs/make_field_register.py`.

The connectors say which fields are kept. The models say where each field goes. docs/field-purposes.csv says why it is
kept.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import yaml

from connectors.catalogue import KINDS, REGISTRIES, TABLES
from connectors.chat.conversations import FIELDS
from connectors.codelists.codebook import load_codebook
from connectors.coding.tables import BASE_COLUMNS
from connectors.source import REJECTED
from connectors.storage.receipts import Receipt
from flows.warehouse.versions import KEPT_VERSIONS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "field-register.md"
PURPOSES = ROOT / "docs" / "field-purposes.csv"
MODELS = ROOT / "dbt_project" / "models"
TITLES = {
    "conversations": "Conversations of a chat platform",
    "hidden_conversations": "Conversations that a mass deletion hides until a person has approved it",
    "codings": "Codings by researchers",
    "coding_values": "What a coding says, by column of the codebook",
    "registry_figures": f"Registries' published figures ({', '.join(REGISTRIES)}): nothing of single persons",
    "figures": "UNODC's published figures (glotip): nothing of single persons",
    "rejected": "What was rejected: places and rules",
    "receipts": "Receipts of deliveries",
}
# The name of a stored column in the models, where a model changes it.
BECOMES = {"tags": ["is_flagged"], "column_name, code": ["variable"], "row_number": ["row_in_file"]}
# Place, content, who can read it, how long it is kept.
PLACES = (
    ("the delivered file, or the API", "all that its keeper has", "its keeper, and zicht", "as its keeper decides"),
    (
        "`landing/`",
        "the fields below",
        "the user who runs zicht",
        "until erased, or past the source's `keep_years` ([operations.md](operations.md))",
    ),
    (
        "`persons.duckdb`",
        "rows of single (pseudonymous) persons",
        "`persons_group`",
        f"{KEPT_VERSIONS} versions, none from before an erasure",
    ),
    (
        "`warehouse.duckdb`",
        "counts, published figures, findings",
        "`figures_group`",
        f"{KEPT_VERSIONS} versions, none from before an erasure",
    ),
    ("`removals/`", "how many rows went, and keyed marks of the erased", "the user who runs zicht", "for good"),
    ("`extracts/`", "rounded counts, small ones left out", "everyone, once published", "for good"),
)

Kept = dict[str, dict[str, str]]  # landing table → field → the column that stores it


def kept() -> Kept:
    """Return every field that a connector keeps, by landing table, with the column or columns that hold it.

    Example:
        {"codings": {"gesprek_id": "gesprek_id", ...}, "coding_values": {"rol": "column_name, code", ...}, ...}
    """
    chat, coding = KINDS["chat"].tables["conversations"].names, KINDS["coding"].tables["codings"].names
    made = [name for name in coding if name in ("row_number", "location")]
    codings = dict(zip(BASE_COLUMNS, (name for name in coding if name not in made), strict=True))
    codebook = load_codebook(ROOT / "seeds" / "codebook.csv").columns
    return {
        "conversations": _with_others({field: _chat_column(field, chat) for field in FIELDS}, chat),
        "codings": _with_others(codings, coding),
        "coding_values": {name: "column_name, code" for name in codebook} | {"row_number": "row_number"},
        **{
            table: _as_they_are(TABLES[table].names)
            for table in ("hidden_conversations", "registry_figures", "figures")
        },
        "rejected": _as_they_are(REJECTED.names),
        "receipts": _as_they_are([field.name for field in fields(Receipt)]),
    }


def _chat_column(field: str, columns: list[str]) -> str:
    names = (field, f"{field}_pseudonym", f"{field.removesuffix('_group')}_pseudonym", f"is_{field}")
    return next(name for name in names if name in columns)


def _with_others(columns: dict[str, str], stored: list[str]) -> dict[str, str]:
    """Return the fields and the columns that zicht adds to them."""
    return columns | _as_they_are([name for name in stored if name not in columns.values()])


def _as_they_are(names: list[str]) -> dict[str, str]:
    return {name: name for name in names}


def purposes() -> dict[tuple[str, str], str]:
    """Return why each field is kept, by landing table and field."""
    with PURPOSES.open(encoding="utf-8", newline="") as stream:
        return {(row["table"], row["field"]): row["purpose"] for row in csv.DictReader(stream)}


class Models:
    """The dbt models: the layer of each, what it reads, and the columns that it documents."""

    def __init__(self) -> None:
        paths = {path.stem: path for path in MODELS.rglob("*.sql")}
        self.layer = {name: path.relative_to(MODELS).parts[0] for name, path in paths.items()}
        self.reads = {name: set(_reads(path)) for name, path in paths.items()}
        # A view writes no data to a file.
        self.views = {name for name, path in paths.items() if "materialized='view'" in path.read_text("utf-8")}
        self.columns = {
            model["name"]: {column["name"] for column in model["columns"]}
            for file in MODELS.rglob("_*.yml")
            for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
        }

    def after(self, table: str) -> list[str]:
        """Return all models that read a landing table, directly or through other models, sorted by name."""
        reached = {f"landing.{table}"}
        while new := {name for name, read in self.reads.items() if read & reached and name not in reached}:
            reached |= new
        return sorted(reached - {f"landing.{table}"})

    def holding(self, table: str, columns: list[str], layer: str) -> list[str]:
        """Return the models of a layer that hold data of a landing table in a column of one of these names.

        Args:
            table: The landing table.
            columns: Names of columns; one of them is enough.
            layer: `staging`, `intermediate` or `marts`.

        Returns:
            Names of models, without views.
        """
        reached = [name for name in self.after(table) if self.layer[name] == layer]
        return [name for name in reached if name not in self.views and self.columns.get(name, set()) & set(columns)]


def _reads(path: Path) -> Iterator[str]:
    sql = path.read_text(encoding="utf-8")
    yield from re.findall(r"ref\('(\w+)'\)", sql)
    yield from (f"landing.{table}" for table in re.findall(r"source\('landing', '(\w+)'\)", sql))


def page() -> str:
    """Return the whole page as Markdown."""
    why, models = purposes(), Models()
    parts = [
        "# Field register",
        "Every field that zicht keeps, why, and where it goes: for the data protection impact assessment. Made by "
        "`docs/make_field_register.py` from the connectors, the models and the reviewed rows of "
        "[field-purposes.csv](field-purposes.csv); do not edit. What is not listed is dropped before it is "
        "written.",
        _table(("place", "holds", "who can read it", "how long"), PLACES),
    ]
    for table, columns in kept().items():
        parts += [f"## {TITLES[table]}", _way(table, models), _fields(table, columns, why, models)]
    return "\n\n".join(parts) + "\n"


def _way(table: str, models: Models) -> str:
    by_layer: dict[str, list[str]] = {}
    for name in models.after(table):
        by_layer.setdefault(models.layer[name], []).append(name)
    steps = [f"landing `{table}`"]
    for layer in ("staging", "intermediate", "marts"):
        if names := by_layer.get(layer):
            steps.append(f"{layer} {', '.join(f'`{name}`' for name in names)}")
    return " → ".join(steps) + "."


def _fields(table: str, columns: dict[str, str], why: dict[tuple[str, str], str], models: Models) -> str:
    rows = []
    for field, column in columns.items():
        names = BECOMES.get(column, [column])
        persons, figures = (models.holding(table, names, layer) for layer in ("intermediate", "marts"))
        pseudonymised = "yes" if column.endswith("_pseudonym") else ""
        purpose = why.get((table, field), "")
        rows.append((f"`{field}`", f"`{column}`", pseudonymised, purpose, ", ".join(persons), ", ".join(figures)))
    return _table(("field", "landed as", "pseudonymised", "purpose", "in persons.duckdb", "in warehouse.duckdb"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
