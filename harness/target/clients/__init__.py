"""Clients of a target: AWS APIs, the public host, MySQL, the app's probe."""
