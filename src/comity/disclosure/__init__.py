"""An outside agency's question, what the law makes of it, and the only way out of the building."""
