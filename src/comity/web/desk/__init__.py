"""Pages for analysts of agencies that ask."""
