"""Files of a test, as documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.inputs.document import Document, read_json


def write(directory: Path, content: Any) -> Document:
    path = directory / "file.json"
    path.write_text(json.dumps(content))
    return read_json(path)
