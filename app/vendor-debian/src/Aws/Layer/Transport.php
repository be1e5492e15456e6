<?php

namespace Aws\Layer;

use AsyncAws\Core\Credentials\Credentials as AsyncCredentials;
use AsyncAws\Core\Request;
use AsyncAws\Core\RequestContext;
use AsyncAws\Core\Signer\Signer;
use AsyncAws\Core\Stream\StreamFactory;
use Aws\CommandInterface;
use Aws\Exception\AwsException;
use Symfony\Component\HttpClient\Exception\TransportException;
use Symfony\Component\HttpClient\HttpClient;
use Symfony\Contracts\HttpClient\Exception\ExceptionInterface;
use Symfony\Contracts\HttpClient\HttpClientInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;

/** Signs a call with async-aws, sends it, and turns what goes wrong into the service's AwsException. */
final class Transport
{
    private const int DEFAULT_RETRIES = 3;

    private const int FIRST_DELAY_MS = 100;

    private const array RETRIED_STATUSES = [429, 500, 502, 503, 504];

    private const array THROTTLED = [
        'BandwidthLimitExceeded', 'EC2ThrottledException', 'LimitExceededException', 'PriorRequestNotComplete',
        'ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'RequestThrottled', 'RequestThrottledException',
        'SlowDown', 'ThrottledException', 'Throttling', 'ThrottlingException', 'TooManyRequestsException',
        'TransactionInProgressException',
    ];

    private readonly int $retries;

    private readonly HttpClientInterface $http;

    /** @var false|callable(): \GuzzleHttp\Promise\PromiseInterface false: requests are not signed */
    private $credentials;

    /**
     * @param  class-string<AwsException>  $failure
     */
    public function __construct(
        array $config,
        callable|false $credentials,
        private readonly Signer $signer,
        private readonly string $failure,
    ) {
        $this->credentials = $credentials;
        $retries = $config['retries'] ?? self::DEFAULT_RETRIES;
        $this->retries = (int) (is_array($retries) ? $retries['max_attempts'] - 1 : $retries);
        $this->http = HttpClient::create(array_filter([
            'max_duration' => (float) ($config['http']['timeout'] ?? 0),
            'on_progress' => self::connectLimit((float) ($config['http']['connect_timeout'] ?? 0)),
            'max_redirects' => 0,
            'verify_peer' => (bool) ($config['http']['verify'] ?? true),
            'verify_host' => (bool) ($config['http']['verify'] ?? true),
        ], static fn (mixed $value): bool => $value !== 0.0 && $value !== null));
    }

    /**
     * Send, and return the response once its status is known to be good.
     *
     * A failure that may pass is tried again, signed anew: no answer, a server's error, throttling.
     *
     * @param  bool  $stream  do not keep the body in memory: the caller reads it in pieces
     *
     * @throws AwsException
     */
    public function send(CommandInterface $command, Call $call, bool $stream = false): ResponseInterface
    {
        for ($attempt = 0; ; $attempt++) {
            try {
                return $this->attempt($command, $call, $stream);
            } catch (AwsException $failure) {
                if ($attempt >= $this->retries || ! self::mayPass($failure)) {
                    throw $failure;
                }
            }

            usleep(random_int(0, self::FIRST_DELAY_MS * 2 ** $attempt) * 1000);
        }
    }

    private function attempt(CommandInterface $command, Call $call, bool $stream): ResponseInterface
    {
        $request = $this->request($call);
        $credentials = $this->credentials();

        if ($credentials !== null) {
            $this->signer->sign($request, $credentials, new RequestContext);
        }

        if (is_resource($call->body)) {
            rewind($call->body);
        }

        try {
            $response = $this->http->request($call->method, $request->getEndpoint(), [
                'headers' => $request->getHeaders() + $this->lengthOf($request),
                'buffer' => ! $stream,
            ] + ($call->body === '' ? [] : ['body' => $call->body]));
            $status = $response->getStatusCode();

            if ($status < 300) {
                return $response;
            }

            $headers = $response->getHeaders(false);
            $body = $response->getContent(false);
        } catch (ExceptionInterface $exception) {
            throw $this->unreachable($command, $call, $exception);
        }

        throw $this->refused($command, $call, $status, $headers, $body);
    }

    /** The client has no option for this, and a name that does not resolve can take ten seconds. */
    private static function connectLimit(float $seconds): ?\Closure
    {
        return $seconds === 0.0 ? null : static function (int $now, int $size, array $info) use ($seconds): void {
            if (($info['pretransfer_time'] ?? 0.0) === 0.0 && ($info['total_time'] ?? 0.0) > $seconds) {
                throw new TransportException("No connection within {$seconds} s");
            }
        };
    }

    private static function mayPass(AwsException $failure): bool
    {
        return $failure->isConnectionError()
            || in_array($failure->getStatusCode(), self::RETRIED_STATUSES, true)
            || in_array($failure->getAwsErrorCode(), self::THROTTLED, true);
    }

    public function http(): HttpClientInterface
    {
        return $this->http;
    }

    public function presign(Call $call, \DateTimeInterface $until): Request
    {
        $request = $this->request($call);
        $this->signer->presign(
            $request,
            $this->credentials() ?? throw new \LogicException('A request cannot be presigned without credentials.'),
            new RequestContext(['expirationDate' => \DateTimeImmutable::createFromInterface($until)]),
        );

        return $request;
    }

    public function unreachable(CommandInterface $command, Call $call, \Throwable $cause): AwsException
    {
        return new $this->failure(
            sprintf('Error executing "%s" on "%s"; AWS HTTP error: %s', $command->getName(), $call->url(), $cause->getMessage()),
            $command,
            ['connection_error' => true],
            $cause,
        );
    }

    private function refused(CommandInterface $command, Call $call, int $status, array $headers, string $body): AwsException
    {
        $context = ErrorParser::parse($status, $headers, $body);

        return new $this->failure(
            sprintf(
                'Error executing "%s" on "%s"; AWS HTTP error: %s error: `%s %s` resulted in a `%d` response: %s (%s): %s - %s',
                $command->getName(),
                $call->url(),
                ucfirst($context['type']),
                $call->method,
                $call->url(),
                $status,
                $context['code'] ?? '',
                $context['type'],
                $context['message'] ?? '',
                $body,
            ),
            $command,
            $context,
        );
    }

    private function request(Call $call): Request
    {
        $request = new Request($call->method, $call->path, $call->query, $call->headers, StreamFactory::create($call->body));
        $request->setEndpoint($call->url());

        return $request;
    }

    /** curl sends a body of known length as it is, and any other in chunks, which S3 refuses. */
    private function lengthOf(Request $request): array
    {
        $length = $request->getBody()->length();

        return $length === null || in_array($request->getMethod(), ['GET', 'HEAD', 'DELETE'], true)
            ? []
            : ['Content-Length' => (string) $length];
    }

    private function credentials(): ?AsyncCredentials
    {
        if ($this->credentials === false) {
            return null;
        }

        $found = ($this->credentials)()->wait();

        return new AsyncCredentials($found->getAccessKeyId(), $found->getSecretKey(), $found->getSecurityToken());
    }
}
