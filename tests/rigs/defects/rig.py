"""Try one defect after another in a copy of the project, on one landing of the demo.

Production runs all of dbt. The rig runs only what the defect can reach: the nodes that differ from the sound project
and the nodes that depend on them. They use the tables of the sound project, because the nodes before them are equal. If
dbt finds nothing, the rig exports and releases, up to the gate of the release.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from homes import erase, load, take_in_folder

from demo.inbox import write_demo
from flows.runtime.configuration import ROOT
from flows.warehouse import build, dbt_runner
from rigs.defects.defects import Defect

PARTS = ("connectors", "dbt_project", "demo", "flows", "seeds")
MONTH = "2020-12"
RELEASE = """
import sys
from connectors.errors import UserFacingError
from flows import monthly
from flows.runtime.configuration import load_configuration
try:
    monthly.release(load_configuration(), sys.argv[1], preview=True)
except UserFacingError as stopped:
    print(type(stopped).__name__)
"""


class Rig:
    """The copy of the project, built once without a defect."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        for part in PARTS:
            shutil.copytree(ROOT / part, self.project / part, ignore=shutil.ignore_patterns("target", "__pycache__"))
        self.home = folder / "demo"
        self.home.mkdir()
        write_demo(self.home, served=False)
        take_in_folder(self.home)
        self.configuration = load(self.home)
        erase(self.configuration)
        self._with_copy(self._build_and_test)
        self._database = self.configuration.work / "build.duckdb"
        self._sound = folder / "sound"
        self._sound.mkdir()
        self._with_copy(lambda: dbt_runner.run_dbt(["parse"], lambda node: None, write_json=True))
        shutil.move(self.configuration.work / "dbt" / "manifest.json", self._sound)
        shutil.copy(self._database, self._sound)

    def stopped_by(self, defect: Defect) -> str | None:
        """Return what stops the publication of a project with a defect, or None if nothing does."""
        with self._holding(defect):
            return (None if defect.is_of_the_release else self._build()) or self._release()

    def noticed_by(self, defect: Defect) -> str | None:
        """Return what stops the build of a project with a defect, or None if nothing does."""
        with self._holding(defect):
            return self._build()

    def changed_tables(self) -> list[str]:
        """Return the tables of the last build whose rows differ from those of the sound project."""
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach '{self._sound / 'build.duckdb'}' as sound (read_only)")
            connection.execute(f"attach '{self._database}' as built (read_only)")
            tables = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'sound' order by 1"
            ).fetchall()
            rows = "select count(*), sum(hash(t)) from {}.{} as t"
            return [
                table
                for (table,) in tables
                if connection.execute(rows.format("sound", table)).fetchall()
                != connection.execute(rows.format("built", table)).fetchall()
            ]

    @contextmanager
    def _holding(self, defect: Defect) -> Iterator[None]:
        file = self.project / defect.file
        sound = file.read_text(encoding="utf-8")
        assert defect.old in sound, f"{defect.name}: {defect.file} no longer holds what is changed"
        file.write_text(sound.replace(defect.old, defect.new, 1), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(sound, encoding="utf-8")

    def _build_and_test(self) -> None:
        """Build and test the sound project. Its tests pass: later failures are then due to the defect."""
        built = build.build(self.configuration, is_new_code=True, progress=lambda node: None)
        build.test(self.configuration, built, lambda node: None)

    def _build(self) -> str | None:
        shutil.copy(self._sound / "build.duckdb", self._database)
        chosen = ["--select", "state:modified+", "--state", str(self._sound), "--fail-fast"]
        try:
            self._with_copy(lambda: dbt_runner.run_dbt(["build", *chosen], lambda node: None))
        except dbt_runner.BuildFailed as failed:
            return str(failed)
        return None

    def _release(self) -> str | None:
        if not self._database.exists():
            shutil.copy(self._sound / "build.duckdb", self._database)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(build, "test", lambda configuration, built, progress: built)  # dbt's tests have run
            built = dbt_runner.Build({}, {})
            build.publish(self.configuration, built, "20200101T000000000000Z", "none", lambda node: None)
        environment = {**os.environ, "PYTHONPATH": str(self.project), "ZICHT_CONFIG": str(self.home / "zicht.toml")}
        ended = subprocess.run(
            [sys.executable, "-c", RELEASE, MONTH], cwd=self.project, env=environment, capture_output=True, text=True
        )
        shutil.rmtree(self.configuration.versions)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip() or None

    def _with_copy(self, work: Callable[[], object]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dbt_runner, "DBT_PROJECT", self.project / "dbt_project")
            work()
