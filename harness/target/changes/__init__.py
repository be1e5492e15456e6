"""Changes that a rehearsal makes to an AWS account: permitted, written down, undone."""
