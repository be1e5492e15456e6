"""Parameters of Aurora MySQL and initialization queries of RDS Proxy, as MySQL reads them.

Sources: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ParameterGroups.html
and https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from harness.core.time_zones import is_zone

_YEAR_S = 31_536_000
_RANGES: Mapping[str, tuple[int, int]] = {
    "cte_max_recursion_depth": (0, 4_294_967_295),
    "group_concat_max_len": (4, 18_446_744_073_709_551_615),
    "innodb_lock_wait_timeout": (1, 1_073_741_824),
    "interactive_timeout": (1, _YEAR_S),
    "lock_wait_timeout": (1, _YEAR_S),
    "max_allowed_packet": (1024, 1_073_741_824),
    "max_connections": (1, 16_000),
    "max_execution_time": (0, 4_294_967_295),
    "max_prepared_stmt_count": (0, 4_194_304),
    "max_user_connections": (0, 4_294_967_295),
    "net_read_timeout": (1, _YEAR_S),
    "net_write_timeout": (1, _YEAR_S),
    "wait_timeout": (1, _YEAR_S),
}
"""Numbers, with the least and the most that MySQL takes."""
_SWITCHES = frozenset(
    {
        *("autocommit", "explicit_defaults_for_timestamp", "innodb_strict_mode", "local_infile"),
        *("read_only", "require_secure_transport", "sql_generate_invisible_primary_key"),
        *("sql_require_primary_key", "transaction_read_only"),
    }
)
_ON, _OFF = ("1", "on", "true"), ("0", "off", "false")
_MODES = frozenset(
    {
        *("ALLOW_INVALID_DATES", "ANSI", "ANSI_QUOTES", "ERROR_FOR_DIVISION_BY_ZERO"),
        *("HIGH_NOT_PRECEDENCE", "IGNORE_SPACE", "NO_AUTO_VALUE_ON_ZERO", "NO_BACKSLASH_ESCAPES"),
        *("NO_DIR_IN_CREATE", "NO_ENGINE_SUBSTITUTION", "NO_UNSIGNED_SUBTRACTION"),
        *("NO_ZERO_DATE", "NO_ZERO_IN_DATE", "ONLY_FULL_GROUP_BY", "PAD_CHAR_TO_FULL_LENGTH"),
        *("PIPES_AS_CONCAT", "REAL_AS_FLOAT", "STRICT_ALL_TABLES", "STRICT_TRANS_TABLES"),
        *("TIME_TRUNCATE_FRACTIONAL", "TRADITIONAL"),
    }
)
"""https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html"""
_MODES_BEFORE_8 = frozenset(
    {
        *("DB2", "MAXDB", "MSSQL", "MYSQL323", "MYSQL40", "NO_AUTO_CREATE_USER"),
        *("NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "ORACLE", "POSTGRESQL"),
    }
)
_ISOLATIONS = ("READ-UNCOMMITTED", "READ-COMMITTED", "REPEATABLE-READ", "SERIALIZABLE")
_TEXTS = (
    *("character_set_server", "collation_server", "init_connect", "sql_mode", "time_zone"),
    *("transaction_isolation", "tx_isolation"),
)
_RENAMED = {
    "tx_isolation": "transaction_isolation",
    "time_zone": "default_time_zone",
}
"""Parameters that the server's command line names otherwise."""
_OF_INSTANCE = ("max_connections", "require_secure_transport")
"""Parameters that the local server has by its own size, and always."""
_LEAST_PACKET = 64 * 1024
_LEAST_STATEMENT_MS = 100
_STATIC = frozenset(
    {
        *("back_log", "binlog_format", "default_authentication_plugin", "ft_max_word_len"),
        *("ft_min_word_len", "innodb_autoinc_lock_mode", "innodb_ft_max_token_size"),
        *("innodb_ft_min_token_size", "lower_case_table_names", "performance_schema"),
        *("skip_name_resolve", "table_open_cache_instances", "thread_stack", "tls_version"),
    }
)
"""Parameters that a running server does not change."""
_COMMON = frozenset(
    {
        *_RANGES,
        *_SWITCHES,
        *_STATIC,
        *_TEXTS,
        *("aurora_parallel_query", "aurora_replica_read_consistency", "character_set_client"),
        *("character_set_connection", "character_set_database", "character_set_filesystem"),
        *("character_set_results", "collation_connection", "connect_timeout"),
        *("default_collation_for_utf8mb4", "event_scheduler", "foreign_key_checks", "general_log"),
        *("innodb_adaptive_hash_index", "innodb_deadlock_detect", "innodb_print_all_deadlocks"),
        *("log_bin_trust_function_creators", "log_output", "log_queries_not_using_indexes"),
        *("long_query_time", "max_heap_table_size", "max_join_size", "max_sort_length"),
        *("net_buffer_length", "optimizer_switch", "server_audit_events", "server_audit_logging"),
        *("slow_query_log", "sql_auto_is_null", "sql_safe_updates", "tmp_table_size"),
        *(
            "preload_buffer_size",
            "unique_checks",
            "join_buffer_size",
            "sort_buffer_size",
            "read_buffer_size",
        ),
        *("read_rnd_buffer_size", "table_definition_cache", "table_open_cache"),
    }
)
"""Names that teams set; a name that is nearly one of them is a slip."""
_CLOSE = 0.9
_OF_MARIADB = {
    "max_statement_time": "max_execution_time, in milliseconds",
    "idle_transaction_timeout": "wait_timeout",
    "query_cache_type": "nothing: MySQL 8.0 has no query cache",
    "query_cache_size": "nothing: MySQL 8.0 has no query cache",
}
_ASSIGNMENT = re.compile(
    r"(?:(?P<scope>global|persist|session|local)\s+|@@(?:(?P<dotted>\w+)\.)?)?"
    r"(?P<name>@?\w+)\s*:?=\s*(?P<value>.+)",
    re.IGNORECASE | re.DOTALL,
)
_NAMES = re.compile(r"(?:names|character\s+set|charset)\s+\S+(?:\s+collate\s+\S+)?", re.IGNORECASE)
_TRANSACTION = re.compile(
    r"(?:(?P<scope>\w+)\s+)?transaction\s+(?P<what>.+)", re.IGNORECASE | re.DOTALL
)
_PIECE = r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|\([^()]*\)"


class Fault(NamedTuple):
    """One thing that is wrong, and the remedy."""

    message: str
    hint: str


def is_formula(value: str) -> bool:
    """Whether RDS computes the value of a parameter from the instance's class."""
    return "{" in value or "(" in value


def faults_of_parameter(name: str, value: str, *, is_before_8: bool = False) -> Iterator[Fault]:
    """Find faults that RDS or MySQL refuses in a parameter, and values that no app bears."""
    own = name.lower().replace("-", "_")
    if own not in _COMMON and (nearest := _nearly(own)):
        yield Fault("is no parameter of Aurora MySQL: RDS refuses it", f'did you mean "{nearest}"?')
    elif is_formula(value):
        return
    elif own in _RANGES:
        yield from _faults_of_number(own, value)
    elif own in _SWITCHES:
        yield from _faults_of_switch(own, value)
    elif own == "sql_mode":
        yield from _faults_of_modes(
            value, known=_MODES | (_MODES_BEFORE_8 if is_before_8 else frozenset())
        )
    elif own in ("transaction_isolation", "tx_isolation") and value.upper() not in _ISOLATIONS:
        yield Fault(f'is "{value}", which MySQL refuses', f"write one of {', '.join(_ISOLATIONS)}")
    elif own == "time_zone" and not _is_zone(value):
        hint = 'write "UTC", or a name such as "Europe/Berlin"'
        yield Fault(f'is "{value}", and RDS takes the names of time zones alone', hint)
    elif own == "init_connect":
        yield from faults_of_query(value)


def _is_zone(name: str) -> bool:
    return (name == "UTC" or "/" in name) and is_zone(name)


def _nearly(name: str) -> str:
    matches = difflib.get_close_matches(name, sorted(_COMMON), n=1, cutoff=_CLOSE)
    return next(iter(matches), "")


def _faults_of_number(name: str, value: str) -> Iterator[Fault]:
    least, most = _RANGES[name]
    if not re.fullmatch(r"\d+", value) or not least <= int(value) <= most:
        yield Fault(f'is "{value}"', f"write {least} to {most}, without a unit")
    elif name == "max_allowed_packet" and int(value) < _LEAST_PACKET:
        message = (
            f"is {value} bytes: each query, session, cache entry and job that is longer fails"
            " (error 1153)"
        )
        yield Fault(message, "leave it out, for MySQL's 64 MiB")
    elif name == "max_execution_time" and 0 < int(value) < _LEAST_STATEMENT_MS:
        message = f"is {value} milliseconds: MySQL ends each SELECT that takes longer (error 3024)"
        yield Fault(message, f"write {value}000 for {value} seconds")


def _faults_of_switch(name: str, value: str) -> Iterator[Fault]:
    if value.lower() not in (*_ON, *_OFF):
        yield Fault(f'is "{value}"', 'write "1" or "0"')
    elif name in ("read_only", "transaction_read_only") and value.lower() in _ON:
        yield Fault("is on: the writer refuses each write, too", "leave it out")
    elif name == "autocommit" and value.lower() in _OFF:
        yield Fault(
            "is off: what the app writes outside of DB::transaction() is never committed",
            "leave it on",
        )


def _faults_of_modes(value: str, *, known: frozenset[str]) -> Iterator[Fault]:
    for mode in (part.strip().upper() for part in value.split(",")):
        if mode and mode not in known and not mode.isdigit():
            close = difflib.get_close_matches(mode, sorted(known), n=1)
            hint = f"did you mean {close[0]}?" if close else "leave it out"
            yield Fault(f'has "{mode}", which MySQL does not know', hint)


def is_static(name: str) -> bool:
    """Whether only a reboot applies a parameter."""
    return name.lower() in _STATIC


def collation_fault(values: Mapping[str, str]) -> Fault | None:
    """A server's collation is one of its character set."""
    charset, collation = values.get("character_set_server"), values.get("collation_server")
    own = {"utf8": ("utf8", "utf8mb3"), "utf8mb3": ("utf8", "utf8mb3")}.get(
        charset or "", (charset,)
    )
    if not charset or not collation or collation.partition("_")[0] in own:
        return None
    return Fault(
        f'is "{collation}", and character_set_server "{charset}": MySQL does not start',
        f"write a collation of {charset}",
    )


def faults_of_query(query: str) -> Iterator[Fault]:
    """Find faults that a database refuses in an initialization query, or that no app bears.

    A query that fails leaves the proxy without a connection to the database:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html
    """
    for statement in _split(query, ";"):
        word, *rest = statement.split(maxsplit=1)
        if word.lower() == "set":
            for text in _split("".join(rest), ","):
                yield from _faults_of_assignment(text)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that is in no text and no brackets."""
    pieces = re.findall(rf"(?:{_PIECE}|[^{separator}])+", text)
    return [piece.strip() for piece in pieces if piece.strip()]


def _faults_of_assignment(text: str) -> Iterator[Fault]:
    if _NAMES.fullmatch(text):
        return
    if match := _TRANSACTION.fullmatch(text):
        if "read only" in re.sub(r"\s+", " ", match["what"].lower()):
            message = "makes each transaction read only: the app writes nothing (error 1792)"
            yield Fault(message, f'leave "{text}" out')
        return
    match = _ASSIGNMENT.fullmatch(text)
    if not match:
        message = f'has "{text}", which is no assignment: the database refuses the query (1064)'
        yield Fault(message, "write name = value, and quotes around a value with commas")
        return
    name, scope = match["name"].lower(), (match["scope"] or match["dotted"] or "").lower()
    value = match["value"].strip().strip("'\"")
    if scope in ("global", "persist"):
        message = f'sets "{name}" for the whole server, which the app\'s account may not (1227)'
        yield Fault(message, f"write SET SESSION {name} = {match['value']}")
    elif name in _OF_MARIADB:
        message = f'sets "{name}", which MySQL does not know (1193)'
        yield Fault(message, f"write {_OF_MARIADB[name]}")
    elif not name.startswith("@") and value.lower() != "default" and "@@" not in value:
        for fault in faults_of_parameter(name, value):
            if name != "time_zone":  # a session takes an offset, too
                yield Fault(f'sets "{name}", which {fault.message}', fault.hint)


def applied(parameters: Mapping[str, str], *, query: str = "") -> dict[str, str]:
    """Return the options with which the sessions of a local server begin as the cluster's do.

    Args:
        parameters: The cluster's own.
        query: The proxy's initialization query.
    """
    names = {*_RANGES, *_SWITCHES, *_TEXTS} - {*_OF_INSTANCE, "init_connect"}
    options = {
        _RENAMED.get(name, name): value
        for name, value in parameters.items()
        if name in names and not is_formula(value)
    }
    if "sql_mode" in options:
        modes = [part.strip() for part in options["sql_mode"].split(",")]
        kept_modes = [mode for mode in modes if mode.upper() not in _MODES_BEFORE_8]
        options["sql_mode"] = ",".join(kept_modes)
    first = [text.strip().rstrip(";") for text in (parameters.get("init_connect", ""), query)]
    if any(first):
        options["init_connect"] = "; ".join(filter(None, first))
    return options
