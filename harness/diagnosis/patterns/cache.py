"""Patterns for the answers of Valkey and Redis, of phpredis and of Predis."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

_HOST = r"(?P<host>[\w-][\w.-]*\.cache\.amazonaws\.com(?:\.cn)?)"

CLIENT = (
    Pattern(
        Source.APP,
        match=r"Class \"Redis\" not found|make sure the PHP Redis extension is installed",
        cause="a driver is set to redis, and the image lacks the PHP extension redis (phpredis)",
        example=(
            '{"message": "Class \\"Redis\\" not found", "file": "/srv/app/x.php"}',
            "Please make sure the PHP Redis extension is installed and enabled.",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Class \"Predis\\+Client\" not found",
        cause="REDIS_CLIENT is predis in {task}, and the image lacks the package predis/predis:"
        " require it, or set phpredis",
        setting="REDIS_CLIENT",
        example='Class "Predis\\Client" not found',
    ),
)

SIGN_IN = (
    Pattern(
        Source.APP,
        match=r"NOAUTH\b",
        cause="the cache asks for a password, and {task} sends none: REDIS_PASSWORD is not set in"
        " its task definition, or config/database.php does not read it",
        setting="REDIS_PASSWORD",
        example="RedisException: NOAUTH Authentication required.",
    ),
    Pattern(
        Source.APP,
        match=r"WRONGPASS\b",
        cause="the cache refuses the password of {task}: REDIS_PASSWORD is not the AUTH token (or"
        " REDIS_USERNAME not its user), or the task has the one from before a rotation",
        setting="REDIS_PASSWORD",
        example="RedisException: WRONGPASS invalid username-password pair or user is disabled.",
    ),
    Pattern(
        Source.APP,
        match=r"NOPERM\b",
        cause="the cache's user group does not allow the command: extend the user's access string",
        example="NOPERM User app has no permissions to run the 'eval' command",
    ),
)

SERVER = (
    Pattern(
        Source.APP,
        match=r"SELECT is not allowed in cluster mode|DB index is out of range",
        cause="the cache has no database of that number, and a cluster only database 0: set"
        " REDIS_DB and REDIS_CACHE_DB to 0",
        setting="REDIS_DB",
        example="RedisException: ERR SELECT is not allowed in cluster mode",
    ),
    Pattern(
        Source.APP,
        match=r"\bMOVED \d+ |\bCROSSSLOT\b",
        cause="the cache is a cluster, and the app uses it as one server: configure"
        " database.redis.clusters",
        example="RedisException: MOVED 1234 shop-0002-001.shop.k3y9ab.euw1.cache.amazonaws.com",
    ),
    Pattern(
        Source.APP,
        match=r"\bERR unknown command '(?P<name>\w+)'",
        cause="the app sends the cache the command {name}, which ElastiCache does not have",
        example="ERR unknown command 'CONFIG', with args beginning with: 'GET'",
    ),
)

CONNECTION = (
    Pattern(
        Source.APP,
        match=rf"getaddrinfo for {_HOST}",
        cause="REDIS_HOST is {host} in {task}, which cannot resolve it: it is not the endpoint of"
        " the cache that is configured",
        setting="REDIS_HOST",
        example="RedisException: php_network_getaddresses: getaddrinfo for"
        " shop.k3y9ab.euw1.cache.amazonaws.com failed: Temporary failure in name resolution",
    ),
    Pattern(
        Source.APP,
        match=r"Redis[^\n]*(?:wrong version number|unexpected eof|record layer failure)",
        cause="{task} speaks TLS to a cache without encryption in transit: leave REDIS_SCHEME out"
        " (or tls:// in REDIS_HOST), or turn it on",
        setting="REDIS_SCHEME",
        example="Redis::connect(): SSL operation failed with code 1. OpenSSL Error messages:"
        " error:0A00010B:SSL routines::wrong version number",
    ),
    Pattern(
        Source.APP,
        match=r"Redis[^\n]*(?:certificate verify failed|did not match expected (?:CN|name))",
        cause="{task} does not accept the cache's certificate: REDIS_HOST must be ElastiCache's own"
        " endpoint, and the image needs ca-certificates",
        setting="REDIS_HOST",
        example="Redis::connect(): Peer certificate subjectAltName did not match expected name"
        " `cache'",
    ),
    Pattern(
        Source.APP,
        match=r"(?:read error on connection to|Connection closed|socket error on read)[^\n]*"
        r"(?:cache\.amazonaws|Redis)|Redis[^\n]*(?:read error on connection|Connection lost"
        r"|went away|socket error on read)",
        cause="the cache drops the connections of {task}: it asks for TLS, and REDIS_SCHEME is not"
        " tls (or REDIS_HOST has no tls://), or config/database.php does not read it",
        setting="REDIS_SCHEME",
        example=(
            "RedisException: read error on connection to"
            " tcp://master.shop.k3y9ab.euw1.cache.amazonaws.com:6379",
            "RedisException: Connection lost",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Redis[^\n]*(?:timed out|No route to host)",
        cause="{task} cannot reach the cache: a security group, REDIS_HOST or REDIS_PORT",
        setting="REDIS_HOST",
        example="RedisException: Connection timed out",
    ),
    Pattern(
        Source.APP,
        match=r"Connection refused \[tcp://|(?:127\.0\.0\.1|localhost|redis):6379"
        r"|RedisException[^\n]*Connection refused",
        cause="the app looks for a Redis that is not there: REDIS_HOST or REDIS_PORT of {task} is"
        " not set, or is the one of local development",
        setting="REDIS_HOST",
        example=(
            "Predis\\Connection\\ConnectionException: Connection refused [tcp://127.0.0.1:6379]",
            "RedisException: Connection refused",
        ),
    ),
)
