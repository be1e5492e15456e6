"""The statements on which RDS Proxy pins."""

from __future__ import annotations

import pytest

from harness.aws.rds_proxy import pinning_reason


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("LOCK TABLES orders WRITE", "LOCK TABLES"),
        ("flush tables with read lock", "FLUSH TABLES WITH READ LOCK"),
        ("select get_lock('a', 5)", "GET_LOCK()"),
        ("create temporary table t (id int)", "CREATE TEMPORARY TABLE"),
        ("select found_rows()", "ROW_COUNT() or FOUND_ROWS()"),
        ("select sql_calc_found_rows * from a", "SQL_CALC_FOUND_ROWS"),
        ("PREPARE s FROM 'select 1'", "a prepared statement"),
        ("select /*!40001 SQL_NO_CACHE */ 1", "an executable comment"),
        ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET TRANSACTION for the next"),
        ("set @@transaction_isolation = 'READ-COMMITTED'", "transaction_isolation for the next"),
        ("select count(*) into @n from a", "a user variable"),
        ("select @row := @row + 1 from a", "a user variable"),
        ("set @n = 1", "the user variable @n"),
        ("SET SESSION group_concat_max_len = 1000000", "the variable group_concat_max_len"),
        ("SET NAMES 'utf8mb4', SESSION foreign_key_checks=0", "the variable foreign_key_checks"),
        ("set @@session.max_execution_time=1000", "the variable max_execution_time"),
        ("SET time_zone='+00:00', unique_checks=0", "the variable unique_checks"),
    ],
)
def test_a_statement_that_pins_has_its_reason(statement: str, reason: str) -> None:
    assert reason in pinning_reason(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_ci', SESSION sql_mode='A,B,C'",
        "SET SESSION TRANSACTION_ISOLATION = 'READ-COMMITTED'",
        "set session time_zone = '+00:00'",
        "set character set utf8mb4",
        "SET LOCAL group_concat_max_len = 5, max_execution_time = 1",
        "set global max_connections = 5",
        "use `tickets`",
        "insert into a values ('lock tables; @x := 1; get_lock(1)')",
        "update users set name = 'a' where email = 'me@example.org'",
        "select * from locked where id = 1 for update",
        "call report('@x')",
        "START TRANSACTION",
        "SELECT LAST_INSERT_ID()",
    ],
)
def test_a_statement_that_pins_nothing_has_none(statement: str) -> None:
    assert pinning_reason(statement) == ""


def test_the_scope_of_a_transaction_is_the_session_where_it_says_so() -> None:
    assert pinning_reason("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") == ""
