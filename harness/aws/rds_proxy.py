"""The statements on which RDS Proxy pins a connection of the MySQL family.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-pinning.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_STATEMENT = 16 * 1024
"""Bytes; a longer statement pins."""

TRACKED = frozenset(
    {
        *("autocommit", "auto_increment_increment", "character_set_client"),
        *("character_set_database", "character_set_filesystem", "character_set_connection"),
        *("character_set_results", "character_set_server", "collation_connection"),
        *("collation_database", "collation_server", "interactive_timeout", "names"),
        *("net_write_timeout", "query_cache_type", "session_track_schema", "sql_mode"),
        *("time_zone", "transaction_isolation", "transaction_read_only", "wait_timeout"),
        *("character set", "charset", "tx_isolation", "tx_read_only", "transaction"),
    }
)
"""Variables that the proxy follows; the last ones are other names of the same."""

_REASONS = (
    (r"^\s*lock\s+tables?\b", "LOCK TABLES"),
    (r"^\s*flush\s+tables\s+with\s+read\s+lock\b", "FLUSH TABLES WITH READ LOCK"),
    (r"\bget_lock\s*\(", "GET_LOCK()"),
    (r"^\s*create\s+temporary\s+table\b", "CREATE TEMPORARY TABLE"),
    (r"\b(row_count|found_rows)\s*\(", "ROW_COUNT() or FOUND_ROWS()"),
    (r"\bsql_calc_found_rows\b", "SQL_CALC_FOUND_ROWS"),
    (r"^\s*(prepare|execute)\s+\w", "a prepared statement"),
    (r"/\*M?!", "an executable comment"),
    (r"^\s*set\s+transaction\b", "SET TRANSACTION for the next transaction"),
    (r"\binto\s+@\w|[^@\w]@\w+\s*:=", "a user variable"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _REASONS)
_TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"", re.DOTALL)
_SET = re.compile(r"^\s*set\s+(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(
    r"^(?P<scope>global\s+|persist\s+|session\s+|local\s+|@@global\.|@@persist\.|@@session\."
    r"|@@local\.|@@|@)?`?(?P<name>character\s+set|\w+)`?",
    re.IGNORECASE,
)
_NEXT_TRANSACTION = frozenset({"transaction_isolation", "transaction_read_only"})


def pinning_reason(statement: str) -> str:
    """Return why RDS Proxy pins the connection of a statement; empty if it does not.

    The length of a statement is not judged here.
    """
    bare = _TEXT.sub("''", statement)
    for pattern, reason in _PATTERNS:
        if pattern.search(bare):
            return reason
    match = _SET.match(bare)
    return next(_untracked(match["rest"]), "") if match else ""


def _untracked(assignments: str) -> Iterator[str]:
    """Go through the variables of a SET that the proxy does not follow.

    A scope holds for the assignments after it, too.
    """
    scope = ""
    for text in re.split(r",(?![^(]*\))", assignments):
        match = _ASSIGNMENT.match(text.strip())
        if not match:
            continue
        name = re.sub(r"\s+", " ", match["name"].lower())
        own = re.sub(r"[\s.]", "", (match["scope"] or "").lower())
        scope = own if own.isalpha() else scope
        if own == "@":
            yield f"the user variable @{name}"
        elif own == "@@" and name in _NEXT_TRANSACTION:
            yield f"{name} for the next transaction"
        elif (own or scope) in ("local", "@@local", "global", "@@global", "persist", "@@persist"):
            continue
        elif name not in TRACKED:
            yield f"the variable {name}"
