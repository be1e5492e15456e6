<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use CutoverProbe\MysqlOption;
use CutoverProbe\Tls;
use Illuminate\Console\Command;
use Illuminate\Database\ConnectionResolverInterface as Database;
use PDO;
use Throwable;

final class ConnectCommand extends Command
{
    protected $signature = 'cutover-probe:connect
        {--host= : Server to try, by default the one that the app uses}
        {--port= : Port to try, by default the one that the app uses}
        {--tls=system : "off", "system" for the trusted certificates of the image, or a file of trusted certificates}
        {--timeout=5 : Seconds to wait for the connection}
        {--json : Print JSON}';

    protected $description = 'Try one connection to MySQL with the credentials of this task and say what happened';

    /** Whether a refusal is good or bad is for the caller to judge, so the exit code is 0 in both cases. */
    public function handle(Database $database): int
    {
        $config = $database->connection()->getConfig();
        $result = $this->attempt($config, [PDO::ATTR_TIMEOUT => (int) $this->option('timeout')] + $this->tlsOptions());

        $this->option('json')
            ? $this->line((string) json_encode($result, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR))
            : $this->line($result['ok'] ? "Connected ({$result['tls_version']} {$result['tls_cipher']})." : "Refused: {$result['error']}");

        return self::SUCCESS;
    }

    /**
     * @param  array<string, mixed>  $config
     * @param  array<int, mixed>  $options
     * @return array{ok: bool, error: ?string, tls_version: ?string, tls_cipher: ?string}
     */
    private function attempt(array $config, array $options): array
    {
        $host = $this->option('host') ?? $config['host'] ?? '';
        $port = $this->option('port') ?? $config['port'] ?? '3306';

        try {
            $pdo = new PDO(
                "mysql:host={$host};port={$port};dbname={$config['database']}",
                $config['username'] ?? null,
                $config['password'] ?? null,
                [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION] + $options,
            );
            $tls = Tls::ofSession($pdo);
        } catch (Throwable $exception) {
            return ['ok' => false, 'error' => $this->messages($exception), 'tls_version' => null, 'tls_cipher' => null];
        }

        return ['ok' => true, 'error' => null, 'tls_version' => $tls->version, 'tls_cipher' => $tls->cipher];
    }

    /** @return array<int, mixed> */
    private function tlsOptions(): array
    {
        return match ($tls = (string) $this->option('tls')) {
            'off' => [],
            'system' => $this->trusting((string) config('cutover-probe.ca_file')),
            default => $this->trusting($tls),
        };
    }

    /** @return array<int, mixed> */
    private function trusting(string $file): array
    {
        return [MysqlOption::ca() => $file, MysqlOption::verifyServerCertificate() => true];
    }

    /** The driver hides the cause of a failed handshake in the previous exception. */
    private function messages(Throwable $exception): string
    {
        $messages = [];

        for ($current = $exception; $current !== null; $current = $current->getPrevious()) {
            $messages[] = $current->getMessage();
        }

        return implode(' <- ', $messages);
    }
}
