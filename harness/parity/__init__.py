"""Parity: the observations of one target's replay, beside those of another's."""
