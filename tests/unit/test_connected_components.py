"""The SQL of connected components against union-find: any graph, long chains, large stars, circles."""

import itertools
import random
from functools import cache

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.runtime.configuration import DBT_PROJECT

Edges = list[tuple[str, str]]


@cache
def sql() -> str:
    text = (DBT_PROJECT / "macros" / "connected_components.sql").read_text(encoding="utf-8")
    macros = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(text).module
    ctes = macros.default__connected_components("edges", "one", "other")  # type: ignore[attr-defined]
    return f"with {ctes} select node, component from components order by node"


def components(edges: Edges) -> dict[str, str]:
    with duckdb.connect() as connection:
        connection.execute("create table edges (one varchar, other varchar)")
        connection.executemany("insert into edges values (?, ?)", edges or [("a", "a")])
        return dict(connection.execute(sql()).fetchall())


def by_union_find(edges: Edges) -> dict[str, str]:
    roots: dict[str, str] = {}

    def root(node: str) -> str:
        while roots.setdefault(node, node) != node:
            roots[node] = roots[roots[node]]
            node = roots[node]
        return node

    for one, other in edges:
        if one != other:
            low, high = sorted((root(one), root(other)))
            roots[high] = low
    return {node: root(node) for node in roots}


NODES = st.sampled_from("abcdefghijkl")
GRAPHS = st.lists(st.lists(st.tuples(NODES, NODES), max_size=14), max_size=40)


@settings(max_examples=10, deadline=None)
@given(GRAPHS)
def test_any_small_graphs_have_the_components_of_union_find(graphs: list[Edges]) -> None:
    """Several side by side: planning the query takes longer than its run."""
    edges = [(f"{one}{place}", f"{other}{place}") for place, graph in enumerate(graphs) for one, other in graph]
    assert components(edges) == by_union_find(edges)


@pytest.mark.parametrize("shape", ["chain", "circle", "star", "zigzag"])
def test_large_shapes_are_one_component(shape: str) -> None:
    names = [f"{place:05d}" for place in range(1500)]
    random.Random(shape).shuffle(names)
    edges = {
        "chain": list(itertools.pairwise(names)),
        "circle": list(zip(names, [*names[1:], names[0]], strict=True)),
        "star": [(names[0], name) for name in names[1:]],
        "zigzag": [(f"{place:05d}", f"{1499 - place:05d}") for place in range(750)]
        + [(f"{1499 - place:05d}", f"{place + 1:05d}") for place in range(749)],
    }[shape]
    assert set(components(edges).values()) == {"00000"}
    assert components(edges) == by_union_find(edges)
