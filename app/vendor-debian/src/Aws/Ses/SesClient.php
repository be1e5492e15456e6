<?php

namespace Aws\Ses;

use Aws\AwsClient;
use Aws\CommandInterface;
use Aws\Layer\Call;
use Aws\Ses\Exception\SesException;
use Symfony\Contracts\HttpClient\ResponseInterface;

/** SES v1 in the query protocol: parameters as a form, the result as XML. */
class SesClient extends AwsClient
{
    protected const string SERVICE = 'ses';

    protected const string SIGNING_NAME = 'ses';

    protected const string HOST = 'email';

    protected const string FAILURE = SesException::class;

    private const string API_VERSION = '2010-12-01';

    protected function call(CommandInterface $command): Call
    {
        $parameters = $command->toArray();

        if (isset($parameters['RawMessage']['Data'])) {
            $parameters['RawMessage']['Data'] = base64_encode($parameters['RawMessage']['Data']);
        }

        $form = ['Action' => $command->getName(), 'Version' => self::API_VERSION] + self::flattened($parameters);

        return new Call('POST', $this->endpoint, '/', headers: [
            'Content-Type' => 'application/x-www-form-urlencoded',
        ], body: http_build_query($form, '', '&', PHP_QUERY_RFC3986));
    }

    protected function result(CommandInterface $command, ResponseInterface $response): array
    {
        $xml = simplexml_load_string($response->getContent());
        $result = $xml === false ? null : $xml->{$command->getName().'Result'};

        return $result === null ? [] : (json_decode(json_encode($result), true) ?: []);
    }

    /**
     * @return array<string, string> `Destinations.member.1` and so on
     */
    private static function flattened(array $parameters, string $prefix = ''): array
    {
        $flat = [];

        foreach ($parameters as $name => $value) {
            $key = $prefix.(is_int($name) ? 'member.'.($name + 1) : $name);
            $flat += match (true) {
                $value === null => [],
                is_array($value) => self::flattened($value, "{$key}."),
                is_bool($value) => [$key => $value ? 'true' : 'false'],
                default => [$key => (string) $value],
            };
        }

        return $flat;
    }
}
