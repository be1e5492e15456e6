<?php

namespace Aws\Layer;

/** What a service said about a failure, as the context of an AwsException: code, message, type, request_id, status. */
final class ErrorParser
{
    /**
     * @param  array<string, list<string>>  $headers
     */
    public static function parse(int $status, array $headers, string $body): array
    {
        return array_filter([
            'status' => $status,
            'type' => $status >= 500 ? 'server' : 'client',
            'request_id' => $headers['x-amzn-requestid'][0] ?? $headers['x-amz-request-id'][0] ?? null,
            ...self::fromBody($status, $headers, ltrim($body)),
        ], static fn (mixed $value): bool => $value !== null);
    }

    private static function fromBody(int $status, array $headers, string $body): array
    {
        if (str_starts_with($body, '{')) {
            return self::json($headers, json_decode($body, true) ?: []);
        }

        if (str_starts_with($body, '<')) {
            return self::xml($body);
        }

        // A HEAD request has no body.
        return $status === 404 ? ['code' => 'NotFound'] : ['message' => "HTTP {$status}"];
    }

    private static function json(array $headers, array $body): array
    {
        $type = explode('#', $body['__type'] ?? $body['code'] ?? '');
        // Services that once spoke the query protocol give the code of that time here, and the SDK reports it.
        $formerly = explode(';', $headers['x-amzn-query-error'][0] ?? '')[0];

        return [
            'code' => $formerly ?: (end($type) ?: null),
            'message' => $body['message'] ?? $body['Message'] ?? null,
        ];
    }

    private static function xml(string $body): array
    {
        $before = libxml_use_internal_errors(true);
        $xml = simplexml_load_string($body);
        libxml_use_internal_errors($before);

        if ($xml === false) {
            return [];
        }

        $error = isset($xml->Error) ? $xml->Error : $xml;
        $id = (string) ($xml->RequestId ?? $error->RequestId ?? '');

        return [
            'code' => (string) $error->Code ?: null,
            'message' => (string) $error->Message ?: null,
        ] + ($id === '' ? [] : ['request_id' => $id]);
    }
}
