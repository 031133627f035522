"""The HTTP API: one framework, one module of routes per noun, pydantic models at the edge."""
