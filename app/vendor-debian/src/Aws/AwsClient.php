<?php

namespace Aws;

use AsyncAws\Core\Signer\Signer;
use AsyncAws\Core\Signer\SignerV4;
use Aws\Credentials\CredentialProvider;
use Aws\Credentials\Credentials;
use Aws\Credentials\CredentialsInterface;
use Aws\Exception\AwsException;
use Aws\Layer\Call;
use Aws\Layer\Endpoint;
use Aws\Layer\Transport;
use GuzzleHttp\Promise\Create;
use GuzzleHttp\Promise\PromiseInterface;
use GuzzleHttp\Psr7\Uri;
use Psr\Http\Message\UriInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;

/**
 * The part of aws-sdk-php's client that Laravel and Flysystem use, over async-aws.
 *
 * Every operation is a method (`sendMessage`) and, with `Async` at its end, one that returns a promise; the promise is
 * settled when it is returned. Middleware (getHandlerList), paginators and waiters are not here.
 */
abstract class AwsClient implements AwsClientInterface
{
    /** The service's name in AWS_ENDPOINT_URL_<SERVICE>. */
    protected const string SERVICE = '';

    /** The service's name in signatures. */
    protected const string SIGNING_NAME = '';

    /** The first label of the service's host. */
    protected const string HOST = '';

    /** @var class-string<AwsException> */
    protected const string FAILURE = AwsException::class;

    protected readonly string $endpoint;

    protected readonly Transport $transport;

    private readonly string $region;

    /** @var false|callable(): PromiseInterface */
    private $credentials;

    public function __construct(private readonly array $config)
    {
        $region = $config['region'] ?? '';

        if (! is_string($region) || $region === '') {
            throw new \InvalidArgumentException(
                "Missing required client configuration options: \n\nregion: (string)\n\n"
                .'  A "region" configuration value is required for the "'.static::SERVICE.'" service (e.g., "us-west-2").',
            );
        }

        $this->region = $region;
        $this->endpoint = Endpoint::resolve($config, static::SERVICE, sprintf('https://%s.%s.amazonaws.com', static::HOST, $region));
        $this->credentials = self::provider($config['credentials'] ?? null);
        $this->transport = new Transport($config, $this->credentials, $this->signer($region), static::FAILURE);
    }

    public function __call(string $name, array $args): mixed
    {
        if (str_ends_with($name, 'Async')) {
            return $this->executeAsync($this->getCommand(ucfirst(substr($name, 0, -5)), $args[0] ?? []));
        }

        return $this->execute($this->getCommand(ucfirst($name), $args[0] ?? []));
    }

    public function getCommand(string $name, array $args = []): CommandInterface
    {
        return new Command($name, $args);
    }

    public function execute(CommandInterface $command): ResultInterface
    {
        $call = $this->call($command);
        $response = $this->transport->send($command, $call);

        return new Result($this->result($command, $response) + ['@metadata' => self::metadata($call, $response)]);
    }

    public function executeAsync(CommandInterface $command): PromiseInterface
    {
        try {
            return Create::promiseFor($this->execute($command));
        } catch (AwsException $exception) {
            return Create::rejectionFor($exception);
        }
    }

    public function getCredentials(): PromiseInterface
    {
        return $this->credentials === false ? Create::promiseFor(new Credentials('', '')) : ($this->credentials)();
    }

    public function getRegion(): string
    {
        return $this->region;
    }

    public function getEndpoint(): UriInterface
    {
        return new Uri($this->endpoint);
    }

    public function getConfig(?string $option = null): mixed
    {
        return $option === null ? $this->config : ($this->config[$option] ?? null);
    }

    /** The HTTP request that an operation is. */
    abstract protected function call(CommandInterface $command): Call;

    /** The members of an operation's result. */
    abstract protected function result(CommandInterface $command, ResponseInterface $response): array;

    protected function signer(string $region): Signer
    {
        return new SignerV4(static::SIGNING_NAME, $region);
    }

    protected static function metadata(Call $call, ResponseInterface $response): array
    {
        return [
            'statusCode' => $response->getStatusCode(),
            'effectiveUri' => $call->url(),
            'headers' => array_map(static fn (array $values): string => $values[0], $response->getHeaders(false)),
        ];
    }

    private static function provider(mixed $credentials): callable|false
    {
        return match (true) {
            $credentials === null => CredentialProvider::memoize(CredentialProvider::defaultProvider()),
            $credentials === false => false,
            $credentials instanceof CredentialsInterface => CredentialProvider::fromCredentials($credentials),
            is_array($credentials) && isset($credentials['key'], $credentials['secret']) => CredentialProvider::fromCredentials(
                new Credentials($credentials['key'], $credentials['secret'], $credentials['token'] ?? null, $credentials['expires'] ?? null),
            ),
            is_callable($credentials) => $credentials,
            default => throw new \InvalidArgumentException(
                'Credentials must be an instance of Aws\Credentials\CredentialsInterface, an associative array that contains "key", "secret", '
                .'and an optional "token" key-value pairs, a credentials provider function, or false.',
            ),
        };
    }
}
