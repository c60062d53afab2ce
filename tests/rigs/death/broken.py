"""Builds that are broken on purpose, in the four ways that the rig for killed nights must detect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors import landing
from connectors.storage import durable_files
from flows.release import package
from flows.runtime.configuration import Configuration
from flows.warehouse import build, export, versions


def sync_nothing() -> None:
    for module in (durable_files, build, package):
        module.sync = lambda path: None  # type: ignore[assignment]


def export_into_the_current_version() -> None:
    def publish(configuration: Configuration, built: Any, run_id: str, inputs: str, progress: Any) -> Any:
        for file, schema in versions.EXPORTS.items():
            target = (configuration.home / "current").resolve() / file
            target.unlink()
            export.export(configuration.work / "build.duckdb", target, schema)
        return built

    build.publish = publish


def write_the_receipt_before_the_rows() -> None:
    place, accept = landing.Landing.place, landing.Landing.accept
    waiting: list[tuple[Path, bytes]] = []

    def place_later(self: landing.Landing, source: str, incoming: durable_files.Incoming, delivery: str) -> None:
        place(self, source, incoming, delivery)
        for table in incoming.files:
            path = self._path(source, table, delivery)
            waiting.append((path, path.read_bytes()))
            path.unlink()

    def accept_first(self: landing.Landing, receipt: landing.Receipt) -> None:
        accept(self, receipt)
        for path, content in waiting:
            path.write_bytes(content)
        waiting.clear()

    landing.Landing.place, landing.Landing.accept = place_later, accept_first  # type: ignore[method-assign]


def turn_the_link_before_the_copy() -> None:
    publish = build.publish

    def turn_first(configuration: Configuration, built: Any, run_id: str, inputs: str, progress: Any) -> Any:
        versions.make_current(configuration, run_id)
        return publish(configuration, built, run_id, inputs, progress)

    build.publish = turn_first


BREAKAGES: dict[str, Callable[[], Any]] = {
    "": lambda: None,
    "no sync": sync_nothing,
    "export into the current version": export_into_the_current_version,
    "receipt before the rows": write_the_receipt_before_the_rows,
    "link before the copy": turn_the_link_before_the_copy,
}
