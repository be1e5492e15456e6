"""The statements that the app sends to its database, as the server logs them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.aws.rds_proxy import LONGEST_STATEMENT, pinning_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

READER = "cutover-log"
"""The account that reads the log; it exists only meanwhile."""
READ_S = 90
"""The log is a table without an index: 8,000 statements take about 2 s."""
START_LOG = "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON;"
STOP_LOG = (
    f"SET GLOBAL general_log = OFF; TRUNCATE mysql.general_log; DROP USER IF EXISTS '{READER}';"
)
READ_LOG = (
    "SELECT command_type, MAX(LENGTH(argument)), COUNT(*),"  # noqa: S608 - no value of others
    " CONVERT(LEFT(argument, 1000) USING utf8mb4) AS text FROM mysql.general_log"
    " WHERE user_host NOT LIKE 'root[%' AND command_type IN ('Query', 'Prepare')"
    " OR command_type = 'Connect' AND argument NOT LIKE 'root@%'"
    f" GROUP BY command_type, LENGTH(argument) > {LONGEST_STATEMENT}, text"
)
"""Reads the statements of all accounts but the administrator's: the app's, and a rotation's."""
_VALUE = re.compile(r"'(?:[^'\\]|\\.|'')*'?|\b\d+\b", re.DOTALL)
_OF_ROUTER = re.compile(r"^\s*set\s+@@session\.", re.IGNORECASE)
"""MySQL Router, which stands in for the proxy, sets a session as the app has set it before."""
_SHOWN = 90


@dataclass(frozen=True)
class Statement:
    """Statements with one text."""

    command: str
    """Connect, Query or Prepare."""
    length: int
    """Bytes of the longest one."""
    count: int
    text: str
    """Its beginning."""

    def pinning_reason(self) -> str:
        """Return why RDS Proxy pins the connection; empty if it does not.

        A long statement pins, too, and is left to the report: a stack trace in a row is long, and
        does no harm.
        """
        if self.command == "Prepare":
            return "a prepared statement"
        if _OF_ROUTER.match(self.text):
            return ""
        return pinning_reason(self.text)

    def excerpt(self) -> str:
        """Return its beginning without values, which may be anybody's data."""
        text = " ".join(_VALUE.sub("?", self.text).split())
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def reader_sql(password: str) -> str:
    """Write the SQL that makes the account which reads the log."""
    creation = f"CREATE USER '{READER}' IDENTIFIED BY '{password}';"
    return f"DROP USER IF EXISTS '{READER}'; {creation} GRANT SELECT ON *.* TO '{READER}';"


def read_log(rows: Iterable[tuple[str, int, int, str]]) -> list[Statement]:
    """Read the rows of `READ_LOG`, without those of the reader itself."""
    return [Statement(*row) for row in rows if READER not in row[3] and "general_log" not in row[3]]


def pinning_causes(statements: Iterable[Statement]) -> Iterator[str]:
    """Go through the reasons for pinning among statements, each with an example, as causes."""
    examples: dict[str, Statement] = {}
    counts: Counter[str] = Counter()
    for statement in statements:
        if reason := statement.pinning_reason():
            examples.setdefault(reason, statement)
            counts[reason] += statement.count
    for reason, times in counts.most_common():
        yield (
            f"the app pins its connections at RDS Proxy by {reason} ({times} times):"
            f" {examples[reason].excerpt()}: a pinned connection is shared with nobody until it is"
            " closed"
        )


def opening(statements: Iterable[Statement]) -> list[str]:
    """Return the statements that open connections, each with its number, most frequent first."""
    sets = [
        statement
        for statement in statements
        if re.match(r"\s*(set|use)\b", statement.text, re.IGNORECASE)
    ]
    sets.sort(key=lambda statement: -statement.count)
    return [
        f"{statement.count} times {' '.join(statement.text.split())[:200]}" for statement in sets
    ]
