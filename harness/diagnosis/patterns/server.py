"""Patterns for the errors of MySQL that a shared host's server does not raise.

Source: MySQL 8.0, Server Error Message Reference; RDS's "Master user account privileges".
"""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_RESERVED = (
    "cume_dist|dense_rank|empty|except|first_value|function|grouping|groups|json_table|lag"
    "|last_value|lateral|lead|nth_value|ntile|over|percent_rank|rank|recursive|row_number|system"
    "|window"
)
"""Words that MySQL reserves since 8.0: dev.mysql.com/doc/refman/8.0/en/keywords.html."""
_OF_A_STATEMENT = "specification: "
"""PDO's words before an error of a statement; that of a connection is in brackets."""

SERVER = (
    Pattern(
        Source.APP,
        match=r"Unknown (?P<what>collation|character set): '(?P<name>\w+)'",
        cause="the database has no {what} {name}: it is MySQL, and MariaDB has others; see"
        " DB_COLLATION and DB_CHARSET of {task}, config/database.php and the migrations",
        setting="DB_COLLATION",
        example="SQLSTATE[HY000]: General error: 1273 Unknown collation: 'utf8mb4_uca1400_ai_ci'",
    ),
    Pattern(
        Source.APP,
        match=rf"secure-file-priv option|{_OF_A_STATEMENT}1045 Access denied|the FILE privilege",
        cause="the app reads or writes files of the database server (LOAD DATA INFILE, INTO"
        " OUTFILE), which has none for it on Aurora and RDS",
        example=(
            "1290 The MySQL server is running with the --secure-file-priv option so it cannot"
            " execute this statement",
            "SQLSTATE[28000]: Invalid authorization specification: 1045 Access denied for user"
            " 'tickets'@'%' (using password: YES) (Connection: mysql, SQL: SELECT * INTO OUTFILE"
            " '/tmp/orders.csv' FROM orders)",
            "1227 Access denied; you need (at least one of) the FILE privilege(s) for this"
            " operation",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"1227\b[^\n]*Access denied; you need[^\n]*?the (?P<right>[\w, ]*\w) privilege",
        cause="a statement asks for the privilege {right}, which no account of Aurora and RDS has:"
        " a global variable is set in the parameter group, a DEFINER is left out",
        example="1227 Access denied; you need (at least one of) the SUPER or"
        " SYSTEM_VARIABLES_ADMIN privilege(s) for this operation",
    ),
    Pattern(
        Source.APP,
        match=r"user specified as a definer \((?P<definer>[^)\n]*)\) does not exist",
        cause="a view, trigger or routine was brought along with its DEFINER {definer}, an account"
        " of the old host: create it again without",
        example="1449 The user specified as a definer ('u876'@'localhost') does not exist",
    ),
    Pattern(
        Source.APP,
        match=r"do not have the SUPER privilege and binary logging is enabled",
        cause="a migration makes a function or trigger, which needs log_bin_trust_function_creators"
        " = 1 in the parameter group",
        example="1419 You do not have the SUPER privilege and binary logging is enabled (you"
        " *might* want to use the less safe log_bin_trust_function_creators variable)",
    ),
    Pattern(
        Source.APP,
        match=r"Variable '(?P<name>\w+)' can't be set to the value of '(?P<value>[^'\n]*)'",
        cause="{name} cannot be {value} on this MySQL: the option is of an older server or of"
        " MariaDB; see modes and options of config/database.php",
        example="SQLSTATE[42000]: Syntax error or access violation: 1231 Variable 'sql_mode' can't"
        " be set to the value of 'NO_AUTO_CREATE_USER'",
    ),
    Pattern(
        Source.APP,
        match=r"Unknown system variable '(?P<name>\w+)'",
        cause="the app sets {name}, a variable that this MySQL does not have: it is of an older"
        " server or of MariaDB",
        example="SQLSTATE[HY000]: General error: 1193 Unknown system variable 'query_cache_type'",
    ),
    Pattern(
        Source.APP,
        match=r"(?P<what>FUNCTION|PROCEDURE) (?P<name>[\w.]+) does not exist",
        cause="the database has no {what} {name}: it was made by hand on the old host, or is"
        " MariaDB's own; no migration makes it",
        example="SQLSTATE[42000]: 1305 FUNCTION tickets.next_number does not exist",
    ),
    Pattern(
        Source.APP,
        match=r"LOAD DATA LOCAL INFILE (?:file request rejected|is forbidden)|Loading local data is"
        r" disabled",
        cause="the app loads a file of its task (LOAD DATA LOCAL INFILE), which PDO forbids unless"
        " config/database.php sets Mysql::ATTR_LOCAL_INFILE, and the server unless local_infile is"
        " 1 in the parameter group: read the file in PHP and insert its rows",
        example="SQLSTATE[HY000]: General error: 2068 LOAD DATA LOCAL INFILE is forbidden, check"
        " related settings like mysqli.allow_local_infile|PDO::MYSQL_ATTR_LOCAL_INFILE",
    ),
    Pattern(
        Source.APP,
        match=rf"\b1064 [^\n]*near '(?P<word>{_RESERVED})\b",
        cause="a statement has {word} as a name, which MySQL has reserved since 8.0, and MariaDB"
        " and older servers have not: quote it in backticks, or choose another name",
        example="1064 You have an error in your SQL syntax; check the manual that corresponds to"
        " your MySQL server version for the right syntax to use near 'rank from holds' at line 1",
    ),
    Pattern(
        Source.APP,
        match=r"4501 Multi-Statements are forbidden|3566 Access to native function is rejected",
        cause="a call of the app (several statements in one, or LAST_INSERT_ID() and the like"
        " outside a transaction) is refused by MySQL Router, which stands in for RDS Proxy here and"
        " shares connections: set overlay.connection_sharing = false in cutover.toml, or change"
        " the call",
        example=(
            "SQLSTATE[HY000]: General error: 4501 Multi-Statements are forbidden if"
            " connection-sharing is enabled.",
            "SQLSTATE[HY000]: General error: 3566 Access to native function is rejected when"
            " connection sharing is enabled",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"1267 Illegal mix of collations \((?P<one>\w+),\w+\) and \((?P<other>\w+),\w+\)",
        cause="a query{at} compares texts of two collations, {one} and {other}: tables of the old"
        " host beside new ones, which take DB_COLLATION, or the cluster's default: convert the"
        " tables to one collation",
        setting="DB_COLLATION",
        example="SQLSTATE[HY000]: General error: 1267 Illegal mix of collations"
        " (utf8mb4_unicode_ci,IMPLICIT) and (utf8mb4_0900_ai_ci,IMPLICIT) for operation '='",
    ),
    Pattern(
        Source.APP,
        match=r"1118 Row size too large",
        cause="the row of a table is longer than InnoDB takes, in its strict mode, too, which the"
        " old host's server may not have had: make its long columns text",
        example="SQLSTATE[42000]: 1118 Row size too large. The maximum row size for the used table"
        " type, not counting BLOBs, is 65535.",
    ),
    Pattern(
        Source.APP,
        match=r"\b1055\b[^\n]*not in GROUP BY|incompatible with sql_mode=only_full_group_by",
        cause="a query{at} selects columns that it does not group by, which MySQL rejects in its"
        " mode ONLY_FULL_GROUP_BY and the old host's server did not: see modes and strict of"
        " config/database.php",
        example="SQLSTATE[42000]: 1055 Expression #2 of SELECT list is not in GROUP BY clause",
    ),
    Pattern(
        Source.APP,
        match=r"1364 Field 'uuid' doesn't have a default value[^\n]*failed_jobs",
        cause="QUEUE_FAILED_DRIVER is database, which writes no uuid, and the table failed_jobs"
        " needs one: jobs that fail leave no trace; write database-uuids",
        setting="QUEUE_FAILED_DRIVER",
        example="SQLSTATE[HY000]: General error: 1364 Field 'uuid' doesn't have a default value"
        " (Connection: mysql, SQL: insert into `failed_jobs` (`connection`, `queue`) values (sqs))",
    ),
    Pattern(
        Source.APP,
        match=r"1364 Field '(?P<column>[^']+)' doesn't have a default value",
        cause="the column {column} is left out of an INSERT{at} and has no default, which MySQL"
        " rejects in its strict mode, and the old host's server may not have",
        example="SQLSTATE[HY000]: General error: 1364 Field 'notes' doesn't have a default value",
    ),
    Pattern(
        Source.APP,
        match=r"(?P<words>1292 Incorrect (?:date|time)\w* value(?:: '0000[^'\n]*')?"
        r"|1366 Incorrect (?:integer|decimal|double) value|1264 Out of range value"
        r"|1265 Data truncated|1406 Data too long)(?:: '[^'\n]*')? for column"
        r" '(?P<column>[^'\n]+)'",
        cause="a value does not fit the column {column} ({words}){at}, which MySQL rejects in its"
        " strict mode, and the old host's server may not have",
        example=(
            "SQLSTATE[22007]: 1292 Incorrect datetime value: '0000-00-00 00:00:00' for column"
            " 'starts_at' at row 1",
            "SQLSTATE[22001]: String data, right truncated: 1406 Data too long for column 'title'"
            " at row 1",
            "SQLSTATE[HY000]: General error: 1366 Incorrect integer value: '' for column 'seats' at"
            " row 1",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"1067 Invalid default value for '(?P<column>[^']+)'",
        cause="the default of the column {column} is none that MySQL takes in its strict mode, such"
        " as a date of zeros",
        example="SQLSTATE[42000]: 1067 Invalid default value for 'starts_at'",
    ),
    Pattern(
        Source.APP,
        match=r"1071 Specified key was too long; max key length is 1000\b",
        cause="a table is made for MyISAM, whose indexes have 1000 bytes at most, and Aurora keeps"
        " InnoDB's tables alone: take engine out of config/database.php and the migrations",
        example="1071 Specified key was too long; max key length is 1000 bytes",
    ),
    Pattern(
        Source.APP,
        match=r"1071 Specified key was too long; max key length is (?P<most>\d+)",
        cause="an index is longer than the {most} bytes of its table's format: the old host's"
        " tables have another row format or character set",
        example="1071 Specified key was too long; max key length is 767 bytes",
    ),
)
