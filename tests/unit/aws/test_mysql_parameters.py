"""Parameters and initialization queries that RDS or MySQL refuses, and those that they take."""

from __future__ import annotations

import pytest

from harness.aws import mysql_parameters


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("wait_timeuot", "28800", "is no parameter of Aurora MySQL"),
        ("wait_timeout", "28800", ""),
        ("wait_timeout", "8h", 'is "8h"'),
        ("wait_timeout", "0", 'is "0"'),
        ("wait-timeout", "0", 'is "0"'),
        ("innodb_ft_enable_stopword", "0", ""),
        ("binlog_row_image", "minimal", ""),
        ("max_allowed_packet", "4096", "is 4096 bytes"),
        ("max_allowed_packet", "67108864", ""),
        ("max_execution_time", "30", "is 30 milliseconds"),
        ("max_execution_time", "0", ""),
        ("max_execution_time", "30000", ""),
        ("max_connections", "{DBInstanceClassMemory/12582880}", ""),
        ("max_connections", "GREATEST({log(DBInstanceClassMemory/805306368)*45},1000)", ""),
        ("read_only", "1", "is on"),
        ("read_only", "{TrueIfReplica}", ""),
        ("autocommit", "OFF", "is off"),
        ("autocommit", "1", ""),
        ("local_infile", "yes", 'is "yes"'),
        ("sql_mode", "STRICT_TRANS_TABLE", 'has "STRICT_TRANS_TABLE"'),
        ("sql_mode", "NO_AUTO_CREATE_USER", 'has "NO_AUTO_CREATE_USER"'),
        ("sql_mode", "strict_trans_tables, NO_ZERO_DATE", ""),
        ("sql_mode", "0", ""),
        ("sql_mode", "", ""),
        ("transaction_isolation", "READ COMMITTED", 'is "READ COMMITTED"'),
        ("transaction_isolation", "READ-COMMITTED", ""),
        ("time_zone", "+05:00", 'is "+05:00"'),
        ("time_zone", "Europe/Londn", 'is "Europe/Londn"'),
        ("time_zone", "Asia/Calcutta", ""),
        ("time_zone", "US/Eastern", ""),
        ("time_zone", "UTC", ""),
        ("init_connect", "SET autocommit=0", 'sets "autocommit"'),
        ("init_connect", "SET NAMES utf8mb4", ""),
    ],
)
def test_parameters(name: str, value: str, said: str) -> None:
    messages = [fault.message for fault in mysql_parameters.faults_of_parameter(name, value)]
    assert len(messages) == bool(said)
    assert said in "".join(messages)


def test_a_mode_that_only_an_older_mysql_has() -> None:
    judged = mysql_parameters.faults_of_parameter(
        "sql_mode", "NO_AUTO_CREATE_USER", is_before_8=True
    )
    assert [*judged] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SET autocommit=0", 'sets "autocommit"'),
        ("SET sql_mode=STRICT_TRANS_TABLES, NO_ZERO_DATE", 'has "NO_ZERO_DATE"'),
        ("SET SESSION TRANSACTION READ ONLY", "makes each transaction read only"),
        ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", ""),
        ("SET max_statement_time=30", 'sets "max_statement_time"'),
        ("SET GLOBAL wait_timeout=5", 'sets "wait_timeout" for the whole server'),
        ("SET @@global.wait_timeout=5", 'sets "wait_timeout" for the whole server'),
        ("SET wait_timeuot=5", 'sets "wait_timeuot", which is no parameter'),
        ("SET time_zone = '+00:00', group_concat_max_len=1000000", ""),
        ("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci", ""),
        ("SET NAMES utf8mb4; SET sql_mode='NO_ZERO_DATE,ANSI', @@session.wait_timeout=100;", ""),
        ("SET sql_mode = (SELECT REPLACE(@@sql_mode, 'ONLY_FULL_GROUP_BY', ''))", ""),
        ("SET sql_mode=CONCAT(@@sql_mode, ',ANSI')", ""),
        ("set session\n  wait_timeout = DEFAULT,\n  sql_mode = ''", ""),
        ("SET @app = 'shop'", ""),
        ("SELECT 1", ""),
        ("", ""),
    ],
)
def test_initialization_queries(query: str, said: str) -> None:
    messages = [fault.message for fault in mysql_parameters.faults_of_query(query)]
    assert len(messages) == bool(said)
    assert said in "".join(messages)


@pytest.mark.parametrize(
    ("charset", "collation", "refused"),
    [
        ("utf8mb4", "latin1_swedish_ci", True),
        ("utf8", "utf8mb4_general_ci", True),
        ("utf8", "utf8mb3_general_ci", False),
        ("utf8mb4", "utf8mb4_0900_ai_ci", False),
        ("binary", "binary", False),
    ],
)
def test_collations(charset: str, collation: str, *, refused: bool) -> None:
    parameters = {"character_set_server": charset, "collation_server": collation}
    assert bool(mysql_parameters.collation_fault(parameters)) is refused
    assert mysql_parameters.collation_fault({"collation_server": collation}) is None


def test_a_local_server_has_what_sessions_begin_with() -> None:
    parameters = {
        "wait_timeout": "100",
        "time_zone": "Asia/Calcutta",
        "tx_isolation": "READ-COMMITTED",
        "sql_mode": "NO_AUTO_CREATE_USER,ANSI",
        "max_connections": "1000",
        "require_secure_transport": "OFF",
        "innodb_buffer_pool_size": "1024",
        "max_user_connections": "{DBInstanceClassMemory/12582880}",
        "init_connect": "SET NAMES utf8mb4;",
    }
    assert mysql_parameters.applied(parameters, query="SET wait_timeout=5") == {
        "wait_timeout": "100",
        "default_time_zone": "Asia/Calcutta",
        "transaction_isolation": "READ-COMMITTED",
        "sql_mode": "ANSI",
        "init_connect": "SET NAMES utf8mb4; SET wait_timeout=5",
    }
    assert mysql_parameters.applied({}) == {}
