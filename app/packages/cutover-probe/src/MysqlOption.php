<?php

declare(strict_types=1);

namespace CutoverProbe;

use PDO;
use Pdo\Mysql;

/** Options of PDO's driver for MySQL, by the names that this version of PHP has: PHP 8.5 deprecates the old ones. */
final class MysqlOption
{
    public static function ca(): int
    {
        return class_exists(Mysql::class) ? Mysql::ATTR_SSL_CA : PDO::MYSQL_ATTR_SSL_CA;
    }

    public static function verifyServerCertificate(): int
    {
        return class_exists(Mysql::class) ? Mysql::ATTR_SSL_VERIFY_SERVER_CERT : PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT;
    }
}
