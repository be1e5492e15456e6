"""The meaning of AWS documents, as pure values and functions."""
