<?php

namespace Aws\Layer;

/** One HTTP request before it is signed. */
final class Call
{
    /**
     * @param  string  $base  scheme, host and port
     * @param  string  $path  encoded, with its leading slash
     * @param  array<string, string>  $query
     * @param  array<string, string>  $headers
     * @param  string|resource  $body  a resource must be seekable
     */
    public function __construct(
        public readonly string $method,
        public readonly string $base,
        public readonly string $path,
        public readonly array $query = [],
        public readonly array $headers = [],
        public readonly mixed $body = '',
    ) {}

    public function url(): string
    {
        $query = http_build_query($this->query, '', '&', PHP_QUERY_RFC3986);

        return $this->base.$this->path.($query === '' ? '' : "?{$query}");
    }
}
