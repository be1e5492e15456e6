"""The ground floor: errors, redaction, waiting, steps, progress, runs, labels."""
