"""What AWS documents mean, as pure values and functions."""
