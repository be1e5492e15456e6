"""Programs that run inside containers; they import only ``aws`` and ``core``."""
