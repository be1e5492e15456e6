"""What runs inside ``localstack``: the refusals of AWS that the emulator itself leaves out."""
