"""A browser and axe for the tests of the page; they say what is missing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.runtime.configuration import ROOT

AXE = ROOT / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = """--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync
--no-first-run"""


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's Chromium, driven by playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail("the tests of the page need playwright: run `make test-full`, which installs it")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("the tests of the page need Chromium: apt-get install --yes chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe, from disk."""
    if not AXE.exists():
        pytest.fail(f"the tests of the page need axe-core in {AXE.relative_to(ROOT)}: run `make test-full`")
    return Path(AXE).read_text(encoding="utf-8")
