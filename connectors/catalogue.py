"""List the kinds of source that zicht reads, each with its module. A new registry adds one line."""

from importlib import import_module

from connectors.source import Kind

MODULES = {
    "chat": "chat.conversations",
    "ckm": "registries.ckm",
    "coding": "coding.codings",
    "comensha": "registries.comensha",
    "glotip": "registries.glotip",
    "rapporteur": "registries.rapporteur",
}
KINDS: dict[str, Kind] = {name: import_module(f"connectors.{module}").KIND for name, module in MODULES.items()}
TABLES = {table: schema for kind in KINDS.values() for table, schema in kind.tables.items()}
# Kinds that land a table `<kind>_figures`. The staging model `stg_<kind>__figures` reads it.
REGISTRIES = tuple(name for name, kind in KINDS.items() if f"{name}_figures" in kind.tables)
