"""Settings of a Gauss-Newton descent."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import in_, optional

from ..core.validators import in_range


@frozen
class DescentSettings:
    """Settings of the descent; `GaussNewton` describes them."""

    iterations: int = field(default=30, validator=in_range(1, 100_000, whole=True))
    gradient_reduction: float | None = field(
        default=None, validator=optional(in_range(1e-300, 0.9))
    )
    distance: float = field(default=0.1, validator=in_range(0.0, 1e3))
    cost_change: float = field(default=1e-9, validator=in_range(0.0, 0.9))
    damping: float = field(default=1e-3, validator=in_range(0.0, 1e12))
    longest_step: float = field(default=2.0, validator=in_range(1e-6, 1e6))
    last_steps: str = field(default="auto", validator=in_(("auto", "gradient", "jacobian")))

    @property
    def by_distance(self) -> bool:
        """Whether the distance from the minimum alone says where the descent ends."""
        return self.distance > 0.0 and self.gradient_reduction is None
