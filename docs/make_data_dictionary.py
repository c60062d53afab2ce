"""Write docs/data-dictionary.md from the models' descriptions: `python docs/make_data_dictionary.py`."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "data-dictionary.md"
LAYERS = {
    "Marts: `warehouse.duckdb`, schema `marts`": "dbt_project/models/marts",
    "Single persons: `persons.duckdb`, schema `intermediate`": "dbt_project/models/intermediate",
    "Seeds: reviewed rows": "seeds",
}


def page() -> str:
    """Return the whole page as Markdown."""
    parts = ["# Data dictionary", "Made from the models' descriptions by `docs/make_data_dictionary.py`; do not edit."]
    for title, folder in LAYERS.items():
        parts.append(f"## {title}")
        for file in sorted((ROOT / folder).rglob("_*.yml")):
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
            parts += [_described(table) for table in content.get("models", []) + content.get("seeds", [])]
    return "\n\n".join(parts) + "\n"


def _described(table: dict[str, Any]) -> str:
    rows = [
        f"| `{column['name']}` | {column.get('data_type', '')} | {column['description']} |"
        for column in table["columns"]
    ]
    return "\n".join(
        [f"### {table['name']}", "", table["description"].strip(), "", "| column | type | |", "|---|---|---|", *rows]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
