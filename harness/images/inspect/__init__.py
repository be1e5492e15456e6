"""Checks of an image's content: secrets, security fixes, CA certificates, nginx."""
