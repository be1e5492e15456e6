<?php

namespace Aws\Layer;

use Aws\CommandInterface;

/** The S3 operations that a disk needs, as HTTP requests. */
final class S3Calls
{
    /** Operation => method, parameters in the query that are fixed. */
    private const array OPERATIONS = [
        'CopyObject' => ['PUT', []],
        'DeleteObject' => ['DELETE', []],
        'GetObject' => ['GET', []],
        'GetObjectAcl' => ['GET', ['acl' => '']],
        'HeadBucket' => ['HEAD', []],
        'HeadObject' => ['HEAD', []],
        'ListObjectsV2' => ['GET', ['list-type' => '2']],
        'PutObject' => ['PUT', []],
        'PutObjectAcl' => ['PUT', ['acl' => '']],
    ];

    private const array HEADERS = [
        'ACL' => 'x-amz-acl',
        'CacheControl' => 'Cache-Control',
        'ContentDisposition' => 'Content-Disposition',
        'ContentEncoding' => 'Content-Encoding',
        'ContentLanguage' => 'Content-Language',
        'ContentMD5' => 'Content-MD5',
        'ContentType' => 'Content-Type',
        'CopySource' => 'x-amz-copy-source',
        'GrantFullControl' => 'x-amz-grant-full-control',
        'GrantRead' => 'x-amz-grant-read',
        'IfMatch' => 'If-Match',
        'IfNoneMatch' => 'If-None-Match',
        'MetadataDirective' => 'x-amz-metadata-directive',
        'Range' => 'Range',
        'RequestPayer' => 'x-amz-request-payer',
        'ServerSideEncryption' => 'x-amz-server-side-encryption',
        'SSEKMSKeyId' => 'x-amz-server-side-encryption-aws-kms-key-id',
        'StorageClass' => 'x-amz-storage-class',
        'Tagging' => 'x-amz-tagging',
        'TaggingDirective' => 'x-amz-tagging-directive',
        'WebsiteRedirectLocation' => 'x-amz-website-redirect-location',
    ];

    private const array DATES = [
        'Expires' => 'Expires',
        'IfModifiedSince' => 'If-Modified-Since',
        'IfUnmodifiedSince' => 'If-Unmodified-Since',
    ];

    private const array QUERY = [
        'ContinuationToken' => 'continuation-token',
        'Delimiter' => 'delimiter',
        'MaxKeys' => 'max-keys',
        'Prefix' => 'prefix',
        'ResponseCacheControl' => 'response-cache-control',
        'ResponseContentDisposition' => 'response-content-disposition',
        'ResponseContentEncoding' => 'response-content-encoding',
        'ResponseContentLanguage' => 'response-content-language',
        'ResponseContentType' => 'response-content-type',
        'ResponseExpires' => 'response-expires',
        'StartAfter' => 'start-after',
        'VersionId' => 'versionId',
    ];

    public function __construct(private readonly string $endpoint, private readonly bool $pathStyle) {}

    public function for(CommandInterface $command): Call
    {
        [$method, $fixed] = self::OPERATIONS[$command->getName()]
            ?? throw new \InvalidArgumentException("Operation not found: {$command->getName()}");
        [$base, $path] = $this->place($command['Bucket'] ?? '', (string) $command['Key']);
        $body = self::body($command['Body']);

        return new Call($method, $base, $path, $fixed + self::query($command), self::headers($command) + [
            'X-Amz-Content-Sha256' => self::digest($body),
        ], $body);
    }

    public function url(string $bucket, string $key): string
    {
        return implode('', $this->place($bucket, $key));
    }

    /**
     * @return array{string, string} base and path; the bucket is in one of the two
     */
    private function place(string $bucket, string $key): array
    {
        if ($bucket === '') {
            throw new \InvalidArgumentException('Found 1 error while validating the input provided: [Bucket] is missing and is a required parameter');
        }

        $path = str_replace('%2F', '/', rawurlencode($key));

        // A certificate for *.s3.amazonaws.com does not cover a bucket with dots in its name.
        if ($this->pathStyle || str_contains($bucket, '.')) {
            return [$this->endpoint, "/{$bucket}".($path === '' ? '' : "/{$path}")];
        }

        return [preg_replace('~^(https?://)~', "\$1{$bucket}.", $this->endpoint), "/{$path}"];
    }

    /**
     * @return string|resource
     */
    private static function body(mixed $body): mixed
    {
        if (! is_resource($body)) {
            return (string) $body;
        }

        if (stream_get_meta_data($body)['seekable']) {
            rewind($body);

            return $body;
        }

        // The digest is in the request's head, so the body must be read twice.
        $copy = fopen('php://temp', 'w+b');
        stream_copy_to_stream($body, $copy);
        rewind($copy);

        return $copy;
    }

    private static function digest(mixed $body): string
    {
        if (is_string($body)) {
            return hash('sha256', $body);
        }

        $hash = hash_init('sha256');
        hash_update_stream($hash, $body);
        rewind($body);

        return hash_final($hash);
    }

    private static function headers(CommandInterface $command): array
    {
        $headers = [];

        foreach (self::HEADERS as $parameter => $header) {
            if (($command[$parameter] ?? '') !== '') {
                $headers[$header] = (string) $command[$parameter];
            }
        }

        foreach (self::DATES as $parameter => $header) {
            $value = $command[$parameter];
            $time = $value instanceof \DateTimeInterface ? $value->getTimestamp() : (is_int($value) ? $value : strtotime((string) $value));

            if ($value !== null && $time !== false) {
                $headers[$header] = gmdate('D, d M Y H:i:s \G\M\T', $time);
            }
        }

        foreach ($command['Metadata'] ?? [] as $name => $value) {
            $headers["x-amz-meta-{$name}"] = (string) $value;
        }

        return $headers;
    }

    private static function query(CommandInterface $command): array
    {
        $query = [];

        foreach (self::QUERY as $parameter => $name) {
            if (($command[$parameter] ?? '') !== '') {
                $query[$name] = (string) $command[$parameter];
            }
        }

        return $query;
    }
}
