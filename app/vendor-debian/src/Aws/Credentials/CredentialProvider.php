<?php

namespace Aws\Credentials;

use AsyncAws\Core\Configuration;
use AsyncAws\Core\Credentials\ConfigurationProvider;
use AsyncAws\Core\Credentials\ContainerProvider;
use AsyncAws\Core\Credentials\CredentialProvider as Source;
use AsyncAws\Core\Credentials\IniFileProvider;
use AsyncAws\Core\Credentials\InstanceProvider;
use AsyncAws\Core\Credentials\WebIdentityProvider;
use AsyncAws\Core\EnvVar;
use Aws\Exception\CredentialsException;
use GuzzleHttp\Promise\Create;
use GuzzleHttp\Promise\PromiseInterface;
use Symfony\Component\HttpClient\HttpClient;

/**
 * Providers: functions without arguments that return a promise of credentials, found by async-aws.
 *
 * The order is aws-sdk-php's: environment variables, web identity, files, then the container's endpoint where the task
 * names one, and the instance's only where it does not.
 */
class CredentialProvider
{
    private const float TIMEOUT_S = 1.0;

    /** The SDK asks for credentials past every proxy. */
    private const array NO_PROXY = ['no_proxy' => '*'];

    public static function defaultProvider(array $config = []): callable
    {
        $inContainer = EnvVar::get('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') ?? EnvVar::get('AWS_CONTAINER_CREDENTIALS_FULL_URI');

        return self::chain(
            self::provider(new ConfigurationProvider, 'environment variables'),
            self::provider(new WebIdentityProvider, 'web identity'),
            self::provider(new IniFileProvider, 'shared files'),
            $inContainer !== null ? self::ecsCredentials($config) : self::instanceProfile($config),
        );
    }

    public static function env(): callable
    {
        return self::provider(new ConfigurationProvider, 'environment variables');
    }

    public static function ecsCredentials(array $config = []): callable
    {
        return self::provider(
            new ContainerProvider(HttpClient::create(self::NO_PROXY), timeout: (float) ($config['timeout'] ?? self::TIMEOUT_S)),
            'the container credentials endpoint',
        );
    }

    public static function instanceProfile(array $config = []): callable
    {
        if (filter_var(EnvVar::get('AWS_EC2_METADATA_DISABLED'), FILTER_VALIDATE_BOOL)) {
            return static fn (): PromiseInterface => Create::rejectionFor(
                new CredentialsException('EC2 metadata service access disabled'),
            );
        }

        return self::provider(
            new InstanceProvider(HttpClient::create(self::NO_PROXY), timeout: (float) ($config['timeout'] ?? self::TIMEOUT_S)),
            'the instance profile metadata service',
        );
    }

    public static function fromCredentials(CredentialsInterface $credentials): callable
    {
        return static fn (): PromiseInterface => Create::promiseFor($credentials);
    }

    public static function chain(callable ...$providers): callable
    {
        return static function () use ($providers): PromiseInterface {
            $reason = new CredentialsException('No credential provider was given.');

            foreach ($providers as $provider) {
                try {
                    return Create::promiseFor($provider()->wait());
                } catch (CredentialsException $reason) {
                    continue;
                }
            }

            return Create::rejectionFor($reason);
        };
    }

    /** Ask the provider once, and again shortly before what it gave expires. */
    public static function memoize(callable $provider): callable
    {
        $known = null;

        return static function () use ($provider, &$known): PromiseInterface {
            if ($known === null || $known->isExpired()) {
                $known = $provider()->wait();
            }

            return Create::promiseFor($known);
        };
    }

    private static function provider(Source $source, string $place): callable
    {
        return static function () use ($source, $place): PromiseInterface {
            $found = $source->getCredentials(Configuration::create([]));

            if ($found === null) {
                return Create::rejectionFor(new CredentialsException("Error retrieving credentials from {$place}."));
            }

            return Create::promiseFor(new Credentials(
                $found->getAccessKeyId(),
                $found->getSecretKey(),
                $found->getSessionToken(),
                // async-aws has moved this 30 s forward already.
                $found->getExpireDate()?->getTimestamp(),
            ));
        };
    }
}
