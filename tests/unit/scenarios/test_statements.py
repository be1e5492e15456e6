"""The server's log of statements: its lines, and the statements that pin."""

from __future__ import annotations

from scenarios.statements import (
    READ_LOG,
    READER,
    STOP_LOG,
    Statement,
    opening,
    pinning_causes,
    read_log,
    reader_sql,
)


def query(text: str, *, length: int = 10, count: int = 1, command: str = "Query") -> Statement:
    return Statement(command, length, count, text)


def test_the_readers_own_statements_are_left_out() -> None:
    rows = [
        ("Connect", 40, 3, "shop@10.0.0.1 on shop using SSL/TLS"),
        ("Connect", 40, 1, f"{READER}@10.0.0.1 on shop using SSL/TLS"),
        ("Query", 50, 2, "select * from a"),
        ("Query", 50, 1, READ_LOG),
    ]
    assert [statement.text for statement in read_log(rows)] == [rows[0][3], rows[2][3]]


def test_the_reader_is_made_and_removed() -> None:
    assert "GRANT SELECT ON *.* TO 'cutover-log'" in reader_sql("abc")
    assert STOP_LOG.endswith("DROP USER IF EXISTS 'cutover-log';")


def test_each_reason_is_named_once_with_its_number_and_no_value() -> None:
    causes = list(
        pinning_causes(
            [
                query("select get_lock('ann@example.org', 10)"),
                query("select get_lock('bob@example.org', 10)", count=2),
                query("select * from a where id = ?", command="Prepare", count=9),
            ]
        )
    )
    assert [cause.split(": a pinned")[0] for cause in causes] == [
        "the app pins its connections at RDS Proxy by a prepared statement (9 times): select *"
        " from a where id = ?",
        "the app pins its connections at RDS Proxy by GET_LOCK() (3 times): select get_lock(?, ?)",
    ]


def test_a_row_that_is_long_by_nature_pins_too_seldom_to_matter() -> None:
    assert not list(pinning_causes([query("insert into `failed_jobs` (a) values", length=20_000)]))


def test_settings_of_the_stand_in_are_none_of_the_apps() -> None:
    text = "SET @@SESSION.session_track_system_variables = '*'"
    assert not list(pinning_causes([query(text)]))


def test_the_settings_of_a_new_connection_are_shown() -> None:
    statements = [query("use `shop`", count=2), query("SET NAMES 'a'", count=5), query("select 1")]
    assert opening(statements) == ["5 times SET NAMES 'a'", "2 times use `shop`"]
