"""What sqlfluff takes for dbt's `adapter`: it lints what DuckDB gets."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, name: str, package: str) -> Any:
    """The macro that DuckDB is given."""
    return context.resolve(f"default__{name}")
