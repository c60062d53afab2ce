"""The tables of a release as one workbook: a sheet each, the same bytes each time."""

from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from flows.release.tables import Table

# A workbook keeps the moment of its making; a fixed one keeps its bytes.
MADE = datetime(2020, 1, 1)


def write_workbook(path: Path, title: str, remark: str, tables: list[Table]) -> None:
    """Write the tables; `remark`, where there is one, stands in the first cell of every sheet and in its name."""
    # Text stays text: no cell opens as a formula or a link.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        workbook.set_properties({"title": title, "created": MADE})
        bold = workbook.add_format({"bold": True})
        share = workbook.add_format({"num_format": "0.0%"})
        for table in tables:
            sheet = workbook.add_worksheet(f"{table.name} {remark}".strip())
            header = 0
            if remark:
                sheet.write_string(0, 0, remark, bold)
                header = 1
            sheet.write_row(header, 0, table.columns, bold)
            for place, row in enumerate(table.rows, start=header + 1):
                sheet.write_row(place, 0, [cell.isoformat() if isinstance(cell, date) else cell for cell in row])
            if "share" in table.columns:
                sheet.set_column(table.columns.index("share"), table.columns.index("share"), None, share)
            sheet.freeze_panes(header + 1, 0)
            sheet.autofit()
