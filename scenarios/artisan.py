"""Artisan commands of the probe that print the app's parts."""

from __future__ import annotations

CODE = ["php", "artisan", "cutover-probe:code"]
CONFIGURATION = ["php", "artisan", "cutover-probe:configuration"]
SCHEDULE = ["php", "artisan", "cutover-probe:schedule"]
