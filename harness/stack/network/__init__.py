"""Addresses, security groups and packet rules of the local networks."""
