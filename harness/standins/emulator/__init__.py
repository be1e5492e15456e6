"""Runs inside ``emulator``: the refusals of AWS that the emulator itself leaves out."""
