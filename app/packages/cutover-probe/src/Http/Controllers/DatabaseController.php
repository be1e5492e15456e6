<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\MysqlOption;
use CutoverProbe\TaskReader;
use CutoverProbe\Tls;
use Illuminate\Database\Connection;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Http\JsonResponse;
use PDO;

/** Facts of the app's own connection. TLS is what the server sees, so behind a proxy it is the hop from proxy to server. */
final readonly class DatabaseController
{
    public function __construct(private Database $database, private TaskReader $reader) {}

    public function __invoke(): JsonResponse
    {
        /** @var Connection $connection */
        $connection = $this->database->connection();
        $options = $connection->getConfig('options') ?? [];
        $isMysql = in_array($connection->getDriverName(), ['mysql', 'mariadb'], true);
        $tls = $isMysql ? Tls::ofSession($connection->getPdo()) : new Tls;
        $ca = $isMysql ? ($options[MysqlOption::ca()] ?? null) : null;

        return response()->json([
            'task' => $this->reader->current()->id(),
            'connection' => $connection->getName(),
            'driver' => $connection->getDriverName(),
            'host' => $connection->getConfig('host'),
            'port' => $isMysql ? (int) $connection->getConfig('port') : null,
            'database' => $connection->getDatabaseName(),
            'user' => $isMysql ? $connection->scalar('select current_user()') : null,
            'server' => $isMysql ? $connection->scalar('select @@hostname') : null,
            'server_version' => (string) $connection->getPdo()->getAttribute(PDO::ATTR_SERVER_VERSION),
            'time_zone' => $isMysql ? $connection->scalar('select concat(@@session.time_zone, " (system ", @@system_time_zone, ")")') : null,
            'app_time_zone' => date_default_timezone_get(),
            'clock_ahead_s' => $isMysql ? $this->aheadOf($connection) : null,
            'tls_version' => $tls->version,
            'tls_cipher' => $tls->cipher,
            'ca' => $ca,
            'verify' => $ca !== null && ($options[MysqlOption::verifyServerCertificate()] ?? true) === true,
            'emulated_prepares' => (bool) ($options[PDO::ATTR_EMULATE_PREPARES] ?? false),
        ]);
    }

    /** How far the app's clock is ahead of the database's, both as they are written into a column without a time zone. */
    private function aheadOf(Connection $connection): int
    {
        return (int) $connection->scalar('select timestampdiff(second, now(), ?)', [now()->format('Y-m-d H:i:s')]);
    }
}
