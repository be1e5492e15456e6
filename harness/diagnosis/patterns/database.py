"""Patterns for the answers of MySQL, its proxy and PDO."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_NO_FILE = "SQLSTATE[HY000] [2002] No such file or directory (Connection: mysql, Host:"

_STATEMENT = r"[^\n]*?SQL: (?P<statement>[a-z]+ (?:into |[^\n]{0,200}?from )?`\w+`)"
"""The statement in an error of Laravel, up to its table."""
_PDO = r"(?:PDO::|SQLSTATE)[^\n]*?"
"""Before a text that other clients of PHP write, too."""

TLS = (
    Pattern(
        Source.APP,
        match=r"SSL is required from client|This RDS Proxy requires TLS connections"
        r"|insecure transport are prohibited",
        cause="the app speaks to the database in plain text: MYSQL_ATTR_SSL_CA is not set in the"
        " task, or config/database.php does not use it",
        setting="MYSQL_ATTR_SSL_CA",
        example=(
            "SQLSTATE[HY000] [3159] This RDS Proxy requires TLS connections",
            "[2026] SSL connection error: SSL is required from client",
            "Connections using insecure transport are prohibited while"
            " --require_secure_transport=ON.",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"connecting to destination failed with TLS error",
        cause="the proxy does not accept the server's certificate",
        example="[2003] connecting to destination failed with TLS error: certificate verify failed",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}Peer certificate CN=`(?P<cn>[^']*)' did not match",
        cause="DB_HOST is not a name in the proxy's certificate: use the proxy's own endpoint name",
        setting="DB_HOST",
        example="PDO::__construct(): Peer certificate CN=`tickets.proxy-x' did not match expected"
        " CN=`proxy'",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}(?:Unable to (?:set|load) (?:local|CA|verify)[^\n]*\.(?:pem|crt)"
        r"|failed loading cafile stream|(?:cafile|SSL)[^\n]*No such file)",
        cause="the CA file that MYSQL_ATTR_SSL_CA names is not in the image",
        setting="MYSQL_ATTR_SSL_CA",
        example="PDO::__construct(): failed loading cafile stream: `/etc/ssl/certs/rds.pem'",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}certificate verify failed",
        cause="the CA file in the image does not hold the CA of the certificate: the proxy's is not"
        " in the RDS bundle, but in the system's",
        example="PDO::__construct(): SSL operation failed: certificate verify failed",
    ),
    Pattern(
        Source.APP,
        match=r"Cannot connect to MySQL using SSL",
        cause="TLS to the database fails: the CA file lacks the proxy's CA, or DB_HOST is not a"
        " name in its certificate",
        setting="DB_HOST",
        example="SQLSTATE[HY000] [2002] Cannot connect to MySQL using SSL",
    ),
)

ACCOUNT = (
    Pattern(
        Source.APP,
        match=r"\[?1045\]?[^\n]*Access denied for user '(?P<user>[^']*)'@[^\n]*using password: NO",
        cause='DB_PASSWORD is empty in the task: the account "{user}" signs in without one',
        setting="DB_PASSWORD",
        example="[1045] Access denied for user 'tickets'@'%' (using password: NO)",
    ),
    Pattern(
        Source.APP,
        match=r"(?<!specification: )1045\b[^\n]*Access denied for user '(?P<user>[^']*)'",
        cause='the database refuses the account "{user}": the password in the secret is not the'
        " account's, or the task still has the one from before a rotation",
        example="SQLSTATE[HY000] [1045] Access denied for user 'tickets'@'10.0.0.1' (using"
        " password: YES)",
    ),
    Pattern(
        Source.APP,
        match=r"1044\b[^\n]*Access denied[^\n]*database '(?P<name>[^']*)'",
        cause='the account has no rights on the database "{name}": DB_DATABASE names another one'
        " than the app's, or its grant is missing",
        setting="DB_DATABASE",
        example="[1044] Access denied for user 'tickets'@'%' to database 'shop'",
    ),
    Pattern(
        Source.APP,
        match=r"1142\b[^\n]*?(?P<what>\w+) command denied[^\n]*? SQL: [^\n]*?"
        r"\b(?:from|join|into|update) `?(?P<base>\w+)`?\.`?\w",
        cause="the account lacks the right to {what} in the database {base}: on the old host one"
        " account saw several; move its tables into the app's own, or grant the right",
        example="SQLSTATE[42000]: Syntax error or access violation: 1142 SELECT command denied to"
        " user 'tickets'@'10.40.113.13' for table 'hits' (Connection: mysql, Host: tickets.proxy-x,"
        " Port: 3306, Database: tickets, SQL: select * from u876_stats.hits)",
    ),
    Pattern(
        Source.APP,
        match=r"1142\b[^\n]*?(?P<what>\w+) command denied",
        cause="the account lacks the right to {what}",
        example="1142 CREATE command denied to user 'tickets'@'%' for table 'orders'",
    ),
)

SCHEMA = (
    Pattern(
        Source.APP,
        match=r"COLLATION '(?P<collation>\w+)' is not valid for CHARACTER SET '(?P<charset>\w+)'",
        cause="DB_CHARSET is {charset}, and DB_COLLATION ({collation}) is of another character set",
        setting="DB_CHARSET",
        example="SQLSTATE[42000]: 1253 COLLATION 'utf8mb4_bin' is not valid for CHARACTER SET"
        " 'utf8mb3'",
    ),
    Pattern(
        Source.APP,
        match=r"Unknown database '(?P<name>[^']*)'",
        cause='DB_DATABASE is "{name}", which does not exist',
        setting="DB_DATABASE",
        example="SQLSTATE[HY000] [1049] Unknown database 'shop'",
    ),
    Pattern(
        Source.APP,
        match=r"Table '(?P<name>[^']+)' doesn't exist[^\n]*"
        r"\bframework/command-(?P<command>[\w:-]+)",
        cause="php artisan {command} --isolated takes its lock in {name}, a table that this command"
        " has yet to make: leave --isolated out where the database may be empty",
        example="1146 Table 'shop.cache_locks' doesn't exist (Connection: mysql, SQL: update"
        " `cache_locks` set `owner` = x where `key` = shop-cache-framework/command-migrate and",
    ),
    Pattern(
        Source.APP,
        match=r"Table '(?P<name>[^'.]+\.[^']*(?-i:[A-Z])[^']*)' doesn't exist",
        cause="there is no table {name} in this spelling: Aurora tells capital letters from small"
        " ones in a table's name, which MySQL on Windows and macOS does not; its migration writes"
        " it in another way, or did not run",
        example="42S02: Base table or view not found: 1146 Table 'shop.Order_Items' doesn't exist",
    ),
    Pattern(
        Source.APP,
        match=r"\b1064 [^\n]*near '(?P<words>IF (?:NOT )?EXISTS\b[^'\n]{0,60})",
        cause="a statement has MariaDB's own syntax, which MySQL and Aurora do not take: IF EXISTS"
        " and IF NOT EXISTS of a column or an index, near '{words}'",
        example="1064 You have an error in your SQL syntax; check the manual that corresponds to"
        " your MySQL server version for the right syntax to use near 'IF NOT EXISTS note' at 1",
    ),
    Pattern(
        Source.APP,
        match=r"1101 BLOB, TEXT, GEOMETRY or JSON column '(?P<column>[^']+)' can't have a default",
        cause="a migration gives the column {column} a literal default, which MariaDB takes and"
        " MySQL and Aurora do not: write an expression, ->default(new Expression('...')), or none",
        example="1101 BLOB, TEXT, GEOMETRY or JSON column 'seats' can't have a default value",
    ),
    Pattern(
        Source.APP,
        match=r"Table '(?P<name>[^']+)' doesn't exist",
        cause="the table {name} is missing: no migration makes it, a variable of {task} names"
        " another than the migration does, or it did not run against this database, or the start of"
        " a task drops it (migrate:fresh) or asks for it before the first migration (a service"
        " provider, routes/console.php, cache:clear or queue:restart in the entrypoint)",
        example="SQLSTATE[42S02]: 1146 Table 'tickets.sessions' doesn't exist",
    ),
    Pattern(
        Source.APP,
        match=r"1050 Table '(?P<name>[^']+)' already exists",
        cause="the table {name} is there already when a migration makes it: two tasks migrate at"
        " the same moment (migrate in the image's entrypoint, or in a container that others wait"
        " for, runs in every task: migrate in one task, before the release), or two migrations"
        " make it",
        example="SQLSTATE[42S01]: Base table or view already exists: 1050 Table 'users' already"
        " exists",
    ),
    Pattern(
        Source.APP,
        match=r"1366 Incorrect string value[^\n]*for column '(?P<column>\w+)'",
        cause="the connection or the table takes no 4-byte characters (column {column}):"
        " DB_CHARSET must be utf8mb4",
        setting="DB_CHARSET",
        example="General error: 1366 Incorrect string value: '\\xF0' for column 'original_name' at"
        " row 1",
    ),
)

HOST = (
    Pattern(
        Source.APP,
        match=r"Database file at path \[(?P<path>[^\]]+)\] does not exist[^\n]*?"
        r"\(Connection: (?P<name>(?!sqlite\b)[\w-]+),",
        cause='the connection "{name}" is a SQLite file, {path}, which a new task does not have and'
        " no other task would see: keep its tables in the database",
        example="Database file at path [/srv/app/storage/visits.sqlite] does not exist. Ensure this"
        " is an absolute path to the database. (Connection: visits, Database:"
        ' /srv/app/storage/visits.sqlite, SQL: select * from "visits")',
    ),
    Pattern(
        Source.APP,
        match=r"Database file at path \[|SQLSTATE\[HY000\] \[14\]|\(Connection: sqlite",
        cause="the app uses sqlite: DB_CONNECTION is not mysql in the task, or code names sqlite",
        setting="DB_CONNECTION",
        example="Database file at path [/srv/database.sqlite] does not exist",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}getaddrinfo for (?: +\S+|\S+ +) failed",
        cause="DB_HOST of {task} has a blank before or after the name",
        setting="DB_HOST",
        example="SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for tickets.proxy-x "
        " failed: Name or service not known",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}getaddrinfo for (?P<host>\S+\.cluster-ro-\S+) failed",
        cause="{task} reads at {host}, the cluster's reader endpoint, and only the proxy's endpoint"
        " is open to the app: take the read host out of config/database.php, or give RDS Proxy a"
        " read-only endpoint and name that",
        example="SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for"
        " shop.cluster-ro-x.us-east-1.rds.amazonaws.com failed: Name or service not known",
    ),
    Pattern(
        Source.APP,
        match=r"\[2002\](?![^\n]*Host: (?:localhost|127\.))[^\n]*?"
        r"\(Connection: (?!mysql\b|mariadb\b)(?P<name>[\w-]+), Host: (?P<host>[^\s,]+),",
        cause='the database connection "{name}" (config/database.php) does not reach its host,'
        " {host}: only the proxy's endpoint is open to the app, so what is in another database must"
        " be moved, or a way be opened to it",
        example="SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for db.old.example"
        " failed: Name or service not known (Connection: legacy, Host: db.old.example, Port: 3306,"
        " Database: crm, SQL: select 1)",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}getaddrinfo for (?P<host>\S+) failed",
        cause="{host} is a name that the task cannot resolve: it is DB_HOST, or in DB_URL, which"
        " goes before DB_HOST; only the proxy's endpoint is open to the app",
        setting="DB_HOST",
        example="SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for tickets.cluster-x"
        " failed: Name or service not known",
    ),
    Pattern(
        Source.APP,
        match=rf"{_PDO}(?:Name or service not known|name resolution)",
        cause="DB_HOST is a name that the task cannot resolve; only the proxy's endpoint is open to"
        " the app",
        setting="DB_HOST",
        example="SQLSTATE[HY000] [2002] php_network_getaddresses: Name or service not known",
    ),
    Pattern(
        Source.APP,
        match=r"\[2002\][^\n]*Host: (?P<host>localhost|127\.0\.0\.1)\b",
        cause="the app looks for its database in the task itself ({host}): DB_HOST is not set"
        " there, or DB_URL overrides it, or the image holds a configuration that was cached when it"
        " was built",
        setting="DB_HOST",
        example=f"{_NO_FILE} localhost, Port: 3306, Database: tickets)",
    ),
    Pattern(
        Source.APP,
        match=r"SQLSTATE\[HY000\] \[2002\] No such file or directory",
        cause="DB_SOCKET is set in the task: the app looks for a server in its own container, and"
        " not at DB_HOST",
        setting="DB_SOCKET",
        example=f"{_NO_FILE} tickets.proxy-x.us-east-1.rds.amazonaws.com)",
    ),
    Pattern(
        Source.APP,
        match=r"SQLSTATE\[HY000\] \[2002\][^\n]*(?:refused|timed out|unreachable|No route)",
        cause="the task cannot reach DB_HOST on port 3306: a security group or a wrong port",
        setting="DB_HOST",
        example="SQLSTATE[HY000] [2002] Connection timed out",
    ),
    Pattern(
        Source.APP,
        match=r"\b9501\b[^\n]*Timed-out waiting|\b1040\b[^\n]*(?:Too many|exceeded)",
        cause="the proxy has no database connection left: sessions are pinned, or its limit is too"
        " low",
        example="SQLSTATE[HY000] [1040] Too many connections to MySQL Router",
    ),
    Pattern(
        Source.APP,
        match=r"running with the --(?:super-)?read-only option",
        cause="the app writes to a reader: DB_HOST is a reader endpoint, or a failover is under"
        " way",
        setting="DB_HOST",
        example="1290 The MySQL server is running with the --read-only option so it cannot execute"
        " this statement",
    ),
    Pattern(
        Source.APP,
        match=rf"1213 Deadlock found{_STATEMENT}",
        cause="transactions of the app that come at the same moment lock the same rows, and MySQL"
        " ends one of them (1213, at {statement}): lock the rows in one order, and repeat the"
        " transaction, DB::transaction(..., attempts: 3)",
        example="SQLSTATE[40001]: Serialization failure: 1213 Deadlock found when trying to get"
        " lock; try restarting transaction (Connection: mysql, Host: tickets.proxy-x, SQL: insert"
        " into `orders` (`id`) values (1))",
        symptom=True,
    ),
    Pattern(
        Source.APP,
        match=rf"1205 Lock wait timeout exceeded{_STATEMENT}",
        cause="a transaction of the app keeps rows locked so long that others give up (1205, at"
        " {statement}): call no service inside a transaction, and end it early",
        example="SQLSTATE[HY000]: General error: 1205 Lock wait timeout exceeded; try restarting"
        " transaction (Connection: mysql, SQL: update `events` set `sold` = 1)",
        symptom=True,
    ),
    Pattern(
        Source.APP,
        match=r"server has gone away|Lost connection to MySQL",
        cause="the database dropped its connections",
        example="SQLSTATE[HY000]: General error: 2006 MySQL server has gone away",
    ),
)
