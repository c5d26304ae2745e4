"""The version: of the package, and of the engine that every answer names."""

__version__ = "1.2.0"
