"""The assembled problem: components and data as one differentiable function of x."""
