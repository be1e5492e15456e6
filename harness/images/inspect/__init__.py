"""Checks of what an image holds: secrets, security fixes, CA certificates, nginx."""
