"""The deliveries of the worked example. Its expected tables are known cell by cell."""

import shutil
from pathlib import Path

from samples import a_figure, glotip_bytes

EXAMPLE = Path(__file__).with_name("fixtures") / "worked_example"
GLOTIP = '[sources.glotip]\nkind = "glotip"\npath = "inbox/glotip"\n'


def write_with_glotip(folder: Path) -> None:
    """Write the worked example into a folder, with a workbook of UNODC added."""
    shutil.copytree(EXAMPLE / "inbox", folder / "inbox")
    (folder / "zicht.toml").write_text((EXAMPLE / "zicht.toml").read_text() + GLOTIP)
    figures = [a_figure(value, Year=year) for year, value in ((2015, 1150), (2016, 952), (2017, 952), (2018, 668))]
    figures += [a_figure(value, Year=year) for year, value in ((2019, "1,334"), (2020, "<5"), (2021, 0))]
    other = {"Dimension": "by form of exploitation", "Category": "Other forms of exploitation"}
    figures += [a_figure(value, Year=year, **other) for year, value in ((2013, 314), (2014, 61), (2015, 30))]
    (folder / "inbox" / "glotip").mkdir()
    (folder / "inbox" / "glotip" / "glotip.xlsx").write_bytes(glotip_bytes(*figures))
