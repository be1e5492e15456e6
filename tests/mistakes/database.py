"""Mistakes of the connection to the database."""

from __future__ import annotations

from scenarios import test_database as database
from scenarios import test_pinning as pinning
from tests.mistakes.edits import DATABASE_CONFIG, Edit, replace, set_everywhere, set_variable
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

EVENTS = "app/app/Http/Controllers/EventController.php"


def init_command(sql: str) -> Edit:
    """Have PDO send a statement when a connection opens."""
    return replace(
        DATABASE_CONFIG,
        "PDO::ATTR_EMULATE_PREPARES => true,",
        f'PDO::ATTR_EMULATE_PREPARES => true, Mysql::ATTR_INIT_COMMAND => "{sql}",',
    )


def in_the_list(call: str) -> Edit:
    """Add a call to the page that lists the events."""
    return replace(
        EVENTS,
        "public function index(): View\n    {\n",
        f"public function index(): View\n    {{\n        \\Illuminate\\Support\\Facades\\{call};\n",
    )


MISTAKES = (
    Mistake(
        "the app verifies no certificate of the database",
        replace(
            DATABASE_CONFIG,
            "Mysql::ATTR_SSL_VERIFY_SERVER_CERT => true,\n            ])",
            "])  + [Mysql::ATTR_SSL_VERIFY_SERVER_CERT => false]",
        ),
        breaks=[database.test_database_connection_uses_tls_and_verifies_names],
        cause="ATTR_SSL_VERIFY_SERVER_CERT is off",
        also_green=[database.test_app_does_not_pin_its_connections],
    ),
    Mistake(
        "statements are prepared at the server, which pins every connection",
        replace(
            DATABASE_CONFIG,
            "PDO::ATTR_EMULATE_PREPARES => true",
            "PDO::ATTR_EMULATE_PREPARES => false",
        ),
        breaks=[database.test_app_does_not_pin_its_connections],
        cause="ATTR_EMULATE_PREPARES",
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
    ),
    Mistake(
        "the database connection is Laravel's own for MariaDB, which the app does not set up",
        set_everywhere("DB_CONNECTION", "mariadb"),
        breaks=[database.test_app_does_not_pin_its_connections],
        cause='for the connection "mariadb", which DB_CONNECTION names',
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
    ),
    Mistake(
        "each connection sets a variable that the proxy does not follow",
        init_command("SET SESSION group_concat_max_len = 1000000"),
        breaks=[pinning.test_no_statement_of_the_app_pins_its_connection],
        cause="the app pins its connections at RDS Proxy by the variable group_concat_max_len",
        also_green=[database.test_app_does_not_pin_its_connections],
        twin=Twin(
            "each connection sets its time zone", init_command("SET SESSION time_zone = '+00:00'")
        ),
    ),
    Mistake(
        "a page takes a lock of the database",
        in_the_list('DB::select("select get_lock(1, 0)")'),
        breaks=[pinning.test_no_statement_of_the_app_pins_its_connection],
        cause="the app pins its connections at RDS Proxy by GET_LOCK()",
        also_green=[database.test_app_does_not_pin_its_connections],
        twin=Twin(
            "a page locks rows",
            in_the_list(
                "DB::transaction(fn () => DB::table('events')->lockForUpdate()->limit(1)->get())"
            ),
        ),
    ),
    Mistake(
        "the worker connects to Aurora, past the proxy",
        set_variable(
            "DB_HOST", "tickets.cluster-cq8w2k7example.us-east-1.rds.amazonaws.com", task="worker"
        ),
        cause="DB_HOST is a name that the task cannot resolve",
        exit_code=NOT_STARTED,
    ),
)
