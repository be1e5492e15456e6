"""What every package stands on: errors, redaction, waiting, steps, progress, runs, labels."""
