<?php

namespace Aws\Layer;

use Aws\Api\DateTimeResult;
use Aws\CommandInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;

/** What S3 answers, as the members of a result. A body is the caller's. */
final class S3Results
{
    private const array HEADERS = [
        'cache-control' => 'CacheControl',
        'content-disposition' => 'ContentDisposition',
        'content-encoding' => 'ContentEncoding',
        'content-language' => 'ContentLanguage',
        'content-range' => 'ContentRange',
        'content-type' => 'ContentType',
        'etag' => 'ETag',
        'expires' => 'ExpiresString',
        'x-amz-server-side-encryption' => 'ServerSideEncryption',
        'x-amz-storage-class' => 'StorageClass',
        'x-amz-version-id' => 'VersionId',
    ];

    public static function from(CommandInterface $command, ResponseInterface $response): array
    {
        return match ($command->getName()) {
            'ListObjectsV2' => self::listing(self::xml($response)),
            'GetObjectAcl' => ['Grants' => self::grants(self::xml($response))],
            'CopyObject' => ['CopyObjectResult' => ['ETag' => (string) self::xml($response)->ETag]],
            default => self::headers($response->getHeaders()),
        };
    }

    /**
     * @param  array<string, list<string>>  $headers
     */
    private static function headers(array $headers): array
    {
        $result = [];

        foreach (self::HEADERS as $header => $member) {
            if (isset($headers[$header])) {
                $result[$member] = $headers[$header][0];
            }
        }

        if (isset($headers['content-length'])) {
            $result['ContentLength'] = (int) $headers['content-length'][0];
        }

        if (isset($headers['last-modified'])) {
            $result['LastModified'] = new DateTimeResult($headers['last-modified'][0]);
        }

        foreach ($headers as $name => $values) {
            if (str_starts_with($name, 'x-amz-meta-')) {
                $result['Metadata'][substr($name, strlen('x-amz-meta-'))] = $values[0];
            }
        }

        return $result;
    }

    private static function listing(\SimpleXMLElement $xml): array
    {
        $contents = [];

        foreach ($xml->Contents as $object) {
            $contents[] = [
                'Key' => (string) $object->Key,
                'LastModified' => new DateTimeResult((string) $object->LastModified),
                'ETag' => (string) $object->ETag,
                'Size' => (int) $object->Size,
                'StorageClass' => (string) $object->StorageClass,
            ];
        }

        $prefixes = [];

        foreach ($xml->CommonPrefixes as $prefix) {
            $prefixes[] = ['Prefix' => (string) $prefix->Prefix];
        }

        return array_filter([
            'IsTruncated' => (string) $xml->IsTruncated === 'true',
            'Contents' => $contents ?: null,
            'CommonPrefixes' => $prefixes ?: null,
            'KeyCount' => (int) $xml->KeyCount,
            'NextContinuationToken' => (string) $xml->NextContinuationToken ?: null,
        ], static fn (mixed $value): bool => $value !== null);
    }

    private static function grants(\SimpleXMLElement $xml): array
    {
        $grants = [];

        foreach ($xml->AccessControlList->Grant ?? [] as $grant) {
            $grants[] = [
                'Grantee' => array_filter(['URI' => (string) $grant->Grantee->URI, 'ID' => (string) $grant->Grantee->ID]),
                'Permission' => (string) $grant->Permission,
            ];
        }

        return $grants;
    }

    private static function xml(ResponseInterface $response): \SimpleXMLElement
    {
        return simplexml_load_string($response->getContent())
            ?: throw new \UnexpectedValueException('S3 did not answer with XML.');
    }
}
