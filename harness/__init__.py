"""The cutover harness: rehearse a Laravel app's move to AWS on one machine."""

__version__ = "0.9.0"
