<?php

declare(strict_types=1);

namespace CutoverProbe;

use PDO;

/** Protocol and cipher of a MySQL session as the server sees it; both null on a plain one. */
final readonly class Tls
{
    public function __construct(public ?string $version = null, public ?string $cipher = null) {}

    public static function ofSession(PDO $pdo): self
    {
        $status = $pdo->query("show session status where variable_name in ('Ssl_version', 'Ssl_cipher')");
        $values = $status === false ? [] : $status->fetchAll(PDO::FETCH_KEY_PAIR);

        return new self(
            ($values['Ssl_version'] ?? '') ?: null,
            ($values['Ssl_cipher'] ?? '') ?: null,
        );
    }
}
