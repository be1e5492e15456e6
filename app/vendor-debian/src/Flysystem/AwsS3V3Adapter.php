<?php

namespace League\Flysystem\AwsS3V3;

use Aws\Exception\AwsException;
use Aws\ResultInterface;
use Aws\S3\S3ClientInterface;
use League\Flysystem\ChecksumAlgoIsNotSupported;
use League\Flysystem\ChecksumProvider;
use League\Flysystem\Config;
use League\Flysystem\DirectoryAttributes;
use League\Flysystem\FileAttributes;
use League\Flysystem\FilesystemAdapter;
use League\Flysystem\PathPrefixer;
use League\Flysystem\StorageAttributes;
use League\Flysystem\UnableToCheckDirectoryExistence;
use League\Flysystem\UnableToCheckFileExistence;
use League\Flysystem\UnableToCopyFile;
use League\Flysystem\UnableToDeleteDirectory;
use League\Flysystem\UnableToDeleteFile;
use League\Flysystem\UnableToGeneratePublicUrl;
use League\Flysystem\UnableToGenerateTemporaryUrl;
use League\Flysystem\UnableToMoveFile;
use League\Flysystem\UnableToProvideChecksum;
use League\Flysystem\UnableToReadFile;
use League\Flysystem\UnableToRetrieveMetadata;
use League\Flysystem\UnableToSetVisibility;
use League\Flysystem\UnableToWriteFile;
use League\Flysystem\UrlGeneration\PublicUrlGenerator;
use League\Flysystem\UrlGeneration\TemporaryUrlGenerator;
use League\Flysystem\Visibility;
use League\MimeTypeDetection\FinfoMimeTypeDetector;
use League\MimeTypeDetection\MimeTypeDetector;
use Throwable;

/**
 * A disk in a bucket, with the requests that league/flysystem-aws-s3-v3 makes: an ACL with each upload unless the options
 * have an empty one, a GetObjectAcl before a copy unless the visibility is configured, one ListObjectsV2 per thousand keys.
 */
class AwsS3V3Adapter implements ChecksumProvider, FilesystemAdapter, PublicUrlGenerator, TemporaryUrlGenerator
{
    /** The options of a write that are parameters of PutObject and CopyObject. */
    private const array PARAMETERS = [
        'ACL', 'CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage', 'ContentType', 'Expires',
        'GrantFullControl', 'GrantRead', 'IfNoneMatch', 'Metadata', 'MetadataDirective', 'RequestPayer', 'SSEKMSKeyId',
        'ServerSideEncryption', 'StorageClass', 'Tagging', 'WebsiteRedirectLocation',
    ];

    private const array EXTRA_METADATA = ['Metadata', 'StorageClass', 'ETag', 'VersionId'];

    private readonly PathPrefixer $prefixer;

    public function __construct(
        private readonly S3ClientInterface $client,
        private readonly string $bucket,
        string $prefix = '',
        private ?VisibilityConverter $visibility = null,
        private ?MimeTypeDetector $mimeTypes = null,
        private readonly array $options = [],
        private readonly bool $streamReads = true,
    ) {
        $this->prefixer = new PathPrefixer($prefix);
        $this->visibility ??= new PortableVisibilityConverter;
        $this->mimeTypes ??= new FinfoMimeTypeDetector;
    }

    public function fileExists(string $path): bool
    {
        try {
            return $this->client->doesObjectExistV2($this->bucket, $this->key($path));
        } catch (Throwable $exception) {
            throw UnableToCheckFileExistence::forLocation($path, $exception);
        }
    }

    public function directoryExists(string $path): bool
    {
        try {
            $found = $this->run('ListObjectsV2', ['Prefix' => $this->prefixer->prefixDirectoryPath($path), 'Delimiter' => '/', 'MaxKeys' => 1]);

            return $found->hasKey('Contents') || $found->hasKey('CommonPrefixes');
        } catch (Throwable $exception) {
            throw UnableToCheckDirectoryExistence::forLocation($path, $exception);
        }
    }

    public function write(string $path, string $contents, Config $config): void
    {
        $this->upload($path, $contents, $config);
    }

    public function writeStream(string $path, $contents, Config $config): void
    {
        $this->upload($path, $contents, $config);
    }

    public function read(string $path): string
    {
        return (string) $this->get($path, stream: false)['Body'];
    }

    public function readStream(string $path)
    {
        return $this->get($path, stream: $this->streamReads)['Body']->detach();
    }

    public function delete(string $path): void
    {
        try {
            $this->run('DeleteObject', ['Key' => $this->key($path)]);
        } catch (Throwable $exception) {
            throw UnableToDeleteFile::atLocation($path, $exception->getMessage(), $exception);
        }
    }

    public function deleteDirectory(string $path): void
    {
        try {
            foreach ($this->objects(['Prefix' => $this->prefixer->prefixDirectoryPath($path)]) as $object) {
                $this->run('DeleteObject', ['Key' => $object['Key']]);
            }
        } catch (Throwable $exception) {
            throw UnableToDeleteDirectory::atLocation($path, $exception->getMessage(), $exception);
        }
    }

    public function createDirectory(string $path, Config $config): void
    {
        $visibility = $config->get(Config::OPTION_DIRECTORY_VISIBILITY, $this->visibility->defaultForDirectories());

        $this->upload(rtrim($path, '/').'/', '', $config->withDefaults([Config::OPTION_VISIBILITY => $visibility]));
    }

    public function setVisibility(string $path, string $visibility): void
    {
        try {
            $this->run('PutObjectAcl', ['Key' => $this->key($path), 'ACL' => $this->visibility->visibilityToAcl($visibility)]);
        } catch (Throwable $exception) {
            throw UnableToSetVisibility::atLocation($path, $exception->getMessage(), $exception);
        }
    }

    public function visibility(string $path): FileAttributes
    {
        try {
            $grants = $this->run('GetObjectAcl', ['Key' => $this->key($path)])['Grants'] ?? [];

            return new FileAttributes($path, visibility: $this->visibility->aclToVisibility($grants));
        } catch (Throwable $exception) {
            throw UnableToRetrieveMetadata::visibility($path, $exception->getMessage(), $exception);
        }
    }

    public function mimeType(string $path): FileAttributes
    {
        return $this->metadata($path, FileAttributes::ATTRIBUTE_MIME_TYPE);
    }

    public function lastModified(string $path): FileAttributes
    {
        return $this->metadata($path, FileAttributes::ATTRIBUTE_LAST_MODIFIED);
    }

    public function fileSize(string $path): FileAttributes
    {
        return $this->metadata($path, FileAttributes::ATTRIBUTE_FILE_SIZE);
    }

    public function listContents(string $path, bool $deep): iterable
    {
        $prefix = $this->prefixer->prefixDirectoryPath($path);

        foreach ($this->objects(['Prefix' => $prefix] + ($deep ? [] : ['Delimiter' => '/'])) as $object) {
            // The directory itself, when createDirectory made it.
            if (($object['Key'] ?? null) !== $prefix) {
                yield $this->attributes($object, $this->prefixer->stripPrefix($object['Key'] ?? $object['Prefix']));
            }
        }
    }

    public function move(string $source, string $destination, Config $config): void
    {
        try {
            $this->copy($source, $destination, $config);
            $this->delete($source);
        } catch (Throwable $exception) {
            throw UnableToMoveFile::fromLocationTo($source, $destination, $exception);
        }
    }

    public function copy(string $source, string $destination, Config $config): void
    {
        try {
            $visibility = $config->get(Config::OPTION_VISIBILITY);

            if ($visibility === null && $config->get(Config::OPTION_RETAIN_VISIBILITY, true)) {
                $visibility = $this->visibility($source)->visibility();
            }

            $this->run('CopyObject', [
                'Key' => $this->key($destination),
                'CopySource' => '/'.$this->bucket.'/'.str_replace('%2F', '/', rawurlencode($this->key($source))),
            ] + $this->parameters($config) + [
                'ACL' => $this->visibility->visibilityToAcl($visibility ?? Visibility::PRIVATE),
                'MetadataDirective' => 'COPY',
            ]);
        } catch (Throwable $exception) {
            throw UnableToCopyFile::fromLocationTo($source, $destination, $exception);
        }
    }

    public function publicUrl(string $path, Config $config): string
    {
        try {
            return $this->client->getObjectUrl($this->bucket, $this->key($path));
        } catch (Throwable $exception) {
            throw UnableToGeneratePublicUrl::dueToError($path, $exception);
        }
    }

    public function temporaryUrl(string $path, \DateTimeInterface $expiresAt, Config $config): string
    {
        try {
            $command = $this->client->getCommand('GetObject', $config->get('get_object_options', []) + [
                'Bucket' => $this->bucket,
                'Key' => $this->key($path),
            ]);

            return (string) $this->client->createPresignedRequest($command, $expiresAt)->getUri();
        } catch (Throwable $exception) {
            throw UnableToGenerateTemporaryUrl::dueToError($path, $exception);
        }
    }

    public function checksum(string $path, Config $config): string
    {
        if ($config->get('checksum_algo', 'etag') !== 'etag') {
            throw new ChecksumAlgoIsNotSupported;
        }

        try {
            $etag = $this->run('HeadObject', ['Key' => $this->key($path)])['ETag'];
        } catch (Throwable $exception) {
            throw new UnableToProvideChecksum($exception->getMessage(), $path, $exception);
        }

        return trim((string) $etag, '"');
    }

    private function key(string $path): string
    {
        return $this->prefixer->prefixPath($path);
    }

    /**
     * @throws AwsException
     */
    private function run(string $operation, array $parameters): ResultInterface
    {
        return $this->client->execute($this->client->getCommand($operation, ['Bucket' => $this->bucket] + $parameters));
    }

    /**
     * @param  string|resource  $body
     */
    private function upload(string $path, mixed $body, Config $config): void
    {
        $key = $this->key($path);
        $parameters = $this->parameters($config) + [
            'ACL' => $this->visibility->visibilityToAcl((string) $config->get(Config::OPTION_VISIBILITY, Visibility::PRIVATE)),
        ];

        if ($body !== '') {
            $parameters['ContentType'] ??= $this->mimeTypes->detectMimeType($key, $body) ?? 'application/octet-stream';
        }

        try {
            $this->run('PutObject', ['Key' => $key, 'Body' => $body] + $parameters);
        } catch (Throwable $exception) {
            throw UnableToWriteFile::atLocation($path, $exception->getMessage(), $exception);
        }
    }

    private function parameters(Config $config): array
    {
        $given = $config->withDefaults($this->options)->toArray();
        $parameters = array_intersect_key($given, array_flip(self::PARAMETERS));

        if (isset($given['mimetype'])) {
            $parameters['ContentType'] = $given['mimetype'];
        }

        return $parameters;
    }

    private function get(string $path, bool $stream): ResultInterface
    {
        try {
            return $this->run('GetObject', ['Key' => $this->key($path)] + ($stream ? ['@http' => ['stream' => true]] : []));
        } catch (Throwable $exception) {
            throw UnableToReadFile::fromLocation($path, $exception->getMessage(), $exception);
        }
    }

    private function metadata(string $path, string $type): FileAttributes
    {
        try {
            $attributes = $this->attributes($this->run('HeadObject', ['Key' => $this->key($path)])->toArray(), $path);
        } catch (Throwable $exception) {
            throw UnableToRetrieveMetadata::create($path, $type, $exception->getMessage(), $exception);
        }

        if (! $attributes instanceof FileAttributes || $attributes[$type] === null) {
            throw UnableToRetrieveMetadata::create($path, $type);
        }

        return $attributes;
    }

    private function attributes(array $object, string $path): StorageAttributes
    {
        if (str_ends_with($path, '/')) {
            return new DirectoryAttributes(rtrim($path, '/'));
        }

        return new FileAttributes(
            $path,
            $object['ContentLength'] ?? $object['Size'] ?? null,
            null,
            ($object['LastModified'] ?? null)?->getTimestamp(),
            $object['ContentType'] ?? null,
            array_intersect_key($object, array_flip(self::EXTRA_METADATA)),
        );
    }

    /**
     * @return iterable<array<string, mixed>> common prefixes and objects
     */
    private function objects(array $parameters): iterable
    {
        do {
            $page = $this->run('ListObjectsV2', $parameters);
            yield from $page['CommonPrefixes'] ?? [];
            yield from $page['Contents'] ?? [];
            $parameters['ContinuationToken'] = $page['NextContinuationToken'];
        } while ($page['IsTruncated']);
    }
}
