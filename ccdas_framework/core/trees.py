"""Nested dicts, lists and tuples of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def tree_leaves(tree: Any) -> list[Any]:
    """Arrays of nested dicts, lists and tuples, dict keys in sorted order."""
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in tree_leaves(tree[key])]
    if isinstance(tree, list | tuple):
        return [leaf for item in tree for leaf in tree_leaves(item)]
    return [] if tree is None else [tree]


def tree_unflatten(tree: Any, values: list[Any]) -> Any:
    """Nested dicts, lists and tuples with other leaves, in the order of `tree_leaves`."""
    remaining = iter(values)

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            filled = {key: fill(node[key]) for key in sorted(node)}
            return {key: filled[key] for key in node}
        if isinstance(node, list | tuple):
            return type(node)(fill(item) for item in node)
        return None if node is None else next(remaining)

    return fill(tree)


def map_tree(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`function` of corresponding leaves."""
    columns = zip(tree_leaves(tree), *(tree_leaves(o) for o in others), strict=True)
    return tree_unflatten(tree, [function(*row) for row in columns])


def stack_trees(trees: list[Any], stack: Callable[[list[Any]], Any]) -> Any:
    """One tree whose leaves are the stacked leaves of many alike."""
    columns = zip(*(tree_leaves(tree) for tree in trees), strict=True)
    return tree_unflatten(trees[0], [stack(list(column)) for column in columns])
