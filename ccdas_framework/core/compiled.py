"""Functions of a problem, each compiled or differentiated once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from .interfaces import Engine

if TYPE_CHECKING:
    from .streams import StreamData

Function = Callable[..., Any]


@frozen(eq=False)
class Compiled:
    """What an engine made of functions, kept by name.

    Args:
        engine: that compiles and differentiates.
    """

    engine: Engine
    _made: dict[str, Function] = field(factory=dict, init=False, repr=False)

    def keeping(self, *keys: str) -> Compiled:
        """A new one that begins with what is known under keys that begin like these."""
        new = Compiled(self.engine)
        new._made.update({key: f for key, f in self._made.items() if key.startswith(keys)})
        return new

    def value(
        self, key: str, function: Function, streams: Mapping[str, StreamData] | None = None
    ) -> Function:
        """The function; with `streams` as an argument where it takes them."""
        return self._kept("value", key, function, streams, self.engine.compile)

    def push(
        self, key: str, function: Function, streams: Mapping[str, StreamData] | None = None
    ) -> Function:
        """Its pushforward."""
        return self._kept("push", key, function, streams, self.engine.pushforward)

    def pull(
        self, key: str, function: Function, streams: Mapping[str, StreamData] | None = None
    ) -> Function:
        """Its pullback."""
        return self._kept("pull", key, function, streams, self.engine.pullback)

    def gradient(self, key: str, function: Function) -> Function:
        """Its value and gradient."""
        return self._kept("gradient", key, function, None, self.engine.value_and_grad)

    def hessians(self, key: str, function: Function) -> Function:
        """Its Hessian-vector products."""
        return self._kept("hessians", key, function, None, self.engine.hessian_vectors)

    def _kept(
        self,
        way: str,
        key: str,
        function: Function,
        streams: Mapping[str, StreamData] | None,
        make: Callable[[Function], Function],
    ) -> Function:
        name = f"{way} of {key}"
        if streams is not None:
            # by operator as well: another stream of the same name is another function
            name += f" for {sorted((n, id(s.operator)) for n, s in streams.items())}"
        if name not in self._made:
            given = function if streams is None else partial(function, streams=streams)
            self._made[name] = make(given)
        return self._made[name]
