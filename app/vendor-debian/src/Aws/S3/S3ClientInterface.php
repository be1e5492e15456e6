<?php

namespace Aws\S3;

use Aws\AwsClientInterface;
use Aws\CommandInterface;
use Psr\Http\Message\RequestInterface;

interface S3ClientInterface extends AwsClientInterface
{
    /** A request whose signature is in its query; whoever holds the URL may make it until it expires. */
    public function createPresignedRequest(CommandInterface $command, mixed $expires, array $options = []): RequestInterface;

    public function getObjectUrl(string $bucket, string $key): string;

    public function doesBucketExistV2(string $bucket, bool $accept403 = false): bool;

    public function doesObjectExistV2(string $bucket, string $key, bool $includeDeleteMarkers = false, array $options = []): bool;
}
