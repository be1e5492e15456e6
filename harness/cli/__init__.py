"""Commands of the ``cutover`` program."""
