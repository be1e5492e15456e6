<?php

namespace Aws\S3;

use AsyncAws\Core\Signer\Signer;
use Aws\AwsClient;
use Aws\CommandInterface;
use Aws\Layer\Call;
use Aws\Layer\S3Calls;
use Aws\Layer\S3Results;
use Aws\Layer\S3Signer;
use Aws\Result;
use Aws\ResultInterface;
use Aws\S3\Exception\S3Exception;
use GuzzleHttp\Psr7\Request;
use GuzzleHttp\Psr7\Utils;
use Psr\Http\Message\RequestInterface;
use Symfony\Component\HttpClient\Response\StreamWrapper;
use Symfony\Contracts\HttpClient\Exception\ExceptionInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;

/** S3 for a disk: the operations in S3Calls, whole objects in one request, presigned URLs. No multipart uploads. */
class S3Client extends AwsClient implements S3ClientInterface
{
    protected const string SERVICE = 's3';

    protected const string SIGNING_NAME = 's3';

    protected const string HOST = 's3';

    protected const string FAILURE = S3Exception::class;

    private readonly S3Calls $calls;

    public function __construct(array $config)
    {
        parent::__construct($config);
        $this->calls = new S3Calls($this->endpoint, (bool) ($config['use_path_style_endpoint'] ?? false));
    }

    public function execute(CommandInterface $command): ResultInterface
    {
        return $command->getName() === 'GetObject' ? $this->get($command) : parent::execute($command);
    }

    public function createPresignedRequest(CommandInterface $command, mixed $expires, array $options = []): RequestInterface
    {
        $until = match (true) {
            $expires instanceof \DateTimeInterface => $expires,
            is_numeric($expires) => (new \DateTimeImmutable)->setTimestamp((int) $expires),
            default => new \DateTimeImmutable((string) $expires),
        };
        $call = $this->calls->for($command);
        // The body is not known yet, so it is not part of the signature.
        $headers = array_diff_key($call->headers, ['X-Amz-Content-Sha256' => '']);
        $signed = $this->transport->presign(new Call($call->method, $call->base, $call->path, $call->query, [
            ...$headers,
            'X-Amz-Content-Sha256' => 'UNSIGNED-PAYLOAD',
        ]), $until);

        return new Request($signed->getMethod(), $signed->getEndpoint(), $signed->getHeaders());
    }

    public function getObjectUrl(string $bucket, string $key): string
    {
        return $this->calls->url($bucket, $key);
    }

    public function doesBucketExistV2(string $bucket, bool $accept403 = false): bool
    {
        return $this->exists($this->getCommand('HeadBucket', ['Bucket' => $bucket]), $accept403);
    }

    public function doesObjectExistV2(string $bucket, string $key, bool $includeDeleteMarkers = false, array $options = []): bool
    {
        return $this->exists($this->getCommand('HeadObject', ['Bucket' => $bucket, 'Key' => $key] + $options), false);
    }

    protected function call(CommandInterface $command): Call
    {
        return $this->calls->for($command);
    }

    protected function result(CommandInterface $command, ResponseInterface $response): array
    {
        return S3Results::from($command, $response) + array_filter([
            'ObjectURL' => $command->getName() === 'PutObject' ? $this->getObjectUrl($command['Bucket'], $command['Key']) : null,
        ]);
    }

    protected function signer(string $region): Signer
    {
        return new S3Signer(static::SIGNING_NAME, $region);
    }

    private function exists(CommandInterface $command, bool $accept403): bool
    {
        try {
            $this->execute($command);

            return true;
        } catch (S3Exception $exception) {
            return match ($exception->getStatusCode()) {
                404 => false,
                403 => $accept403 ?: throw $exception,
                default => throw $exception,
            };
        }
    }

    /**
     * The body goes to a temporary stream, on disk beyond 2 MB, or with `@http.stream` comes as it is read.
     */
    private function get(CommandInterface $command): ResultInterface
    {
        $call = $this->calls->for($command);
        $response = $this->transport->send($command, $call, stream: true);
        $members = S3Results::from($command, $response);

        if ($command['@http']['stream'] ?? false) {
            $body = StreamWrapper::createResource($response, $this->transport->http());
        } else {
            $body = fopen('php://temp', 'w+b');

            try {
                foreach ($this->transport->http()->stream($response) as $chunk) {
                    fwrite($body, $chunk->getContent());
                }
            } catch (ExceptionInterface $exception) {
                throw $this->transport->unreachable($command, $call, $exception);
            }

            rewind($body);
        }

        return new Result($members + ['Body' => Utils::streamFor($body), '@metadata' => self::metadata($call, $response)]);
    }
}
