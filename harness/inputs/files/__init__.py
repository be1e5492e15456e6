"""Production's files, a module for each type: read, checked, and handed over as values."""
