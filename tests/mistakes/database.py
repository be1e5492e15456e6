"""Mistakes of the connection to the database."""

from __future__ import annotations

from scenarios import test_database as database
from scenarios import test_pages as pages
from scenarios import test_pinning as pinning
from tests.mistakes.edits import (
    CONFIG,
    DATABASE_CONFIG,
    Edit,
    combine,
    replace,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

MIGRATION = "app/database/migrations/2026_11_23_000001_create_events_table.php"
DOCUMENTS = "app/database/migrations/2026_11_23_000004_create_event_documents_table.php"
EVENTS = "app/app/Http/Controllers/EventController.php"


READER = "tickets.cluster-ro-cq8w2k7example.us-east-1.rds.amazonaws.com"
SEEDER = "app/database/seeders/EventSeeder.php"


def migrate(statement: str) -> Edit:
    """Run a statement after the migration that makes the orders."""
    return replace(
        "app/database/migrations/2026_11_23_000005_add_confirmation_queued_at_to_orders_table.php",
        "    public function up(): void\n    {\n",
        "    public function up(): void\n    {\n"
        + statement.replace("DB::", "\\Illuminate\\Support\\Facades\\DB::")
        + "\n",
    )


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
        "a migration makes a column of a type that Aurora does not have",
        replace(
            MIGRATION, "$table->id();", "$table->id(); $table->vector('embedding', 3)->nullable();"
        ),
        breaks=[database.test_columns_have_types_that_aurora_has],
        cause="the column embedding of events is of the type vector, which MySQL has since 9.0",
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
        twin=Twin(
            "a migration makes a column of JSON",
            replace(MIGRATION, "$table->id();", "$table->id(); $table->json('tags')->nullable();"),
        ),
    ),
    Mistake(
        "holds end by the database's clock, and begin by the app's in another time zone",
        combine(
            replace("app/config/app.php", "'timezone' => 'UTC'", "'timezone' => 'America/Jamaica'"),
            replace(
                "app/app/Models/Hold.php",
                "$query->where('expires_at', '>', now())",
                "$query->whereRaw('expires_at > NOW()')",
            ),
        ),
        breaks=[database.test_queries_by_the_databases_clock_fit_the_apps],
        cause="asks for the database's NOW, and the app writes times that are 5 h behind it",
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
        twin=Twin(
            "the app's time zone is not UTC, and it asks nobody else for the time",
            replace("app/config/app.php", "'timezone' => 'UTC'", "'timezone' => 'America/Jamaica'"),
        ),
    ),
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
        cause="is a name that the task cannot resolve: it is DB_HOST, or in DB_URL",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "tables are made for MyISAM, as on the old host",
        replace(DATABASE_CONFIG, "'engine' => null", "'engine' => 'MyISAM'"),
        cause="a table is made for MyISAM, whose indexes have 1000 bytes at most",
        exit_code=NOT_STARTED,
        twin=Twin(
            "the engine of tables is written out",
            replace(DATABASE_CONFIG, "'engine' => null", "'engine' => 'InnoDB'"),
        ),
        also_green=[database.test_tables_are_kept_by_innodb],
    ),
    Mistake(
        "one table is kept by MyISAM",
        replace(DOCUMENTS, "$table->id();", "$table->id();\n            $table->engine('MyISAM');"),
        breaks=[database.test_tables_are_kept_by_innodb],
        cause="is kept by MyISAM: Aurora keeps InnoDB's tables alone",
        also_green=[database.test_columns_have_types_that_aurora_has],
    ),
    Mistake(
        "the first migration takes its lock in a table that it makes",
        replace(CONFIG, '"migrate", "--force"', '"migrate", "--force", "--isolated"'),
        cause="php artisan migrate --isolated takes its lock in tickets.cache_locks",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a migration is written for MariaDB",
        migrate("DB::statement('ALTER TABLE orders ADD COLUMN IF NOT EXISTS note TEXT');"),
        cause="a statement has MariaDB's own syntax, which MySQL and Aurora do not take",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a statement has a word as a name that MySQL has reserved since",
        migrate("DB::select('select count(*) rank from orders');"),
        cause="a statement has rank as a name, which MySQL has reserved since 8.0",
        exit_code=NOT_STARTED,
        twin=Twin(
            "a reserved word stands in backticks",
            migrate("DB::select('select count(*) `rank` from orders');"),
        ),
        also_green=[database.test_tables_are_kept_by_innodb],
    ),
    Mistake(
        "a text is longer than its column, which the old host's server cuts",
        replace(SEEDER, "...$event,", "...$event, 'city' => str_repeat('x', 300),"),
        cause="a value does not fit the column city (1406 Data too long)",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "texts of the old host's tables are compared with those of new ones",
        migrate(
            "DB::statement('CREATE TABLE venues (name VARCHAR(99)) COLLATE utf8mb4_general_ci');\n"
            "        DB::select('SELECT 1 FROM events JOIN venues ON venue = name');"
        ),
        cause="a query compares texts of two collations, ",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "orders are written into a file of the database server",
        migrate("DB::statement(\"SELECT * FROM orders INTO OUTFILE '/tmp/orders.csv'\");"),
        cause="the app reads or writes files of the database server",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "orders are loaded out of a file of the task",
        migrate(
            "DB::unprepared(\"LOAD DATA LOCAL INFILE '/srv/app/artisan' INTO TABLE orders (id)\");"
        ),
        cause="the app loads a file of its task (LOAD DATA LOCAL INFILE)",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a column of JSON has a default, which MariaDB takes",
        replace(MIGRATION, "$table->id();", "$table->id(); $table->json('seats')->default('[]');"),
        cause="a migration gives the column seats a literal default",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "DB_URL has the old host, and goes before DB_HOST",
        set_everywhere("DB_URL", "mysql://shared17.hosting.example:3306/tickets"),
        cause="shared17.hosting.example is a name that the task cannot resolve: it is DB_HOST, or",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a service provider reads a table before the first migration",
        replace(
            "app/app/Providers/AppServiceProvider.php",
            "        Date::use(",
            "        view()->share('all', \\App\\Models\\Event::query()->count());\n"
            "        Date::use(",
        ),
        cause="the table tickets.events is missing",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the seeder for production makes up data",
        replace(SEEDER, "...$event,", "...$event, 'summary' => fake()->sentence(),"),
        cause="makes up data with Faker, a development package",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the app reads at the cluster's reader endpoint",
        replace(
            DATABASE_CONFIG,
            "'host' => env('DB_HOST', '127.0.0.1'),\n            'port'",
            f"'read' => ['host' => '{READER}'],\n"
            "            'write' => ['host' => env('DB_HOST', '127.0.0.1')],\n            'port'",
        ),
        cause=f"reads at {READER}, the cluster's reader endpoint",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a model writes its table's name with capital letters",
        replace(
            "app/app/Models/OrderLine.php",
            "    /** @var list<string> */",
            "    protected $table = 'Order_Lines';\n\n    /** @var list<string> */",
        ),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="there is no table tickets.Order_Lines in this spelling",
        also_green=[database.test_database_connection_uses_tls_and_verifies_names],
    ),
)
