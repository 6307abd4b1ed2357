"""The far sides, as lean as they can be: they share the machine with what is measured, and must not slow it down."""
