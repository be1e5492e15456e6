"""Keeps tasks, services, targets and scheduled runs as they should be."""
