"""How large the code may be. `python tests/size.py` prints what was measured. docs/decisions.md gives the reasons."""

import ast
import re

import pytest
from size import CODE, code_lines, direct, functions, modules, name_of

from flows.runtime.source_schema import ChatSource, CodingSource, GlotipSource, RegistrySource

MOST_CODE_LINES = 11_000  # of connectors, flows and demo together
MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_PARAMETERS = 6
MOST_MODULES_DIRECTLY = 8
MOST_KEYS_OF_A_SOURCE = 20  # the forms of one secret (`token_env`, `token_file`, `token_block`) are one key

# What may be larger, with its reason. A row that is no longer needed fails the test as well.
LARGER_MODULES: dict[str, str] = {}
LARGER_FUNCTIONS: dict[str, str] = {}
MORE_PARAMETERS: dict[str, str] = {}


def test_the_code_is_small() -> None:
    assert sum(map(code_lines, modules(*CODE))) <= MOST_CODE_LINES


def test_every_module_is_short() -> None:
    longer = {
        name_of(path)
        for path in modules(*CODE)
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES_OF_A_MODULE
    }
    assert longer == set(LARGER_MODULES)


def test_every_function_is_short_and_has_few_parameters() -> None:
    found = [one for path in modules(*CODE) for one in functions(path)]
    assert {name for name, lines, _ in found if lines > MOST_LINES_OF_A_FUNCTION} == set(LARGER_FUNCTIONS)
    assert {name for name, _, parameters in found if parameters > MOST_PARAMETERS} == set(MORE_PARAMETERS)


@pytest.mark.parametrize("folder", ["connectors", "flows"])
def test_few_modules_lie_directly_in_a_folder(folder: str) -> None:
    assert len(direct(folder)) <= MOST_MODULES_DIRECTLY


def test_a_source_has_few_keys() -> None:
    for section in (ChatSource, CodingSource, RegistrySource, GlotipSource):
        keys = {
            re.sub("_(env|file|block)$", "", key) if key.startswith("token_") else key for key in section.model_fields
        }
        assert len(keys) <= MOST_KEYS_OF_A_SOURCE, section


# Names of two or more classes, with the reason.
SHARED_NAMES: dict[str, str] = {
    "Book": "of a registry, and of a release",
    "Column": "of the codebook, of a layout, and of a release",
    "Table": "of a layout, and of a release",
}


def test_every_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in modules(*CODE):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name.lstrip("_"), []).append(name_of(path))
    assert {name for name, files in places.items() if len(files) > 1} == set(SHARED_NAMES)
