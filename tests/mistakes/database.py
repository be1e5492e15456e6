"""Mistakes of the connection to the database."""

from __future__ import annotations

from scenarios import test_database as database
from tests.mistakes.edits import DATABASE_CONFIG, replace, set_everywhere
from tests.mistakes.mistake import Mistake

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
)
