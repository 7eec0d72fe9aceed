"""Arrays that record the operations of a component, as an engine would trace them."""
