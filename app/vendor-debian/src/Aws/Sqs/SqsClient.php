<?php

namespace Aws\Sqs;

use Aws\AwsClient;
use Aws\CommandInterface;
use Aws\Layer\Call;
use Aws\Sqs\Exception\SqsException;
use Symfony\Contracts\HttpClient\ResponseInterface;

/** SQS in its JSON protocol, in which parameters and results have their names on the wire. */
class SqsClient extends AwsClient
{
    protected const string SERVICE = 'sqs';

    protected const string SIGNING_NAME = 'sqs';

    protected const string HOST = 'sqs';

    protected const string FAILURE = SqsException::class;

    protected function call(CommandInterface $command): Call
    {
        [$base, $path] = $this->target($command);

        return new Call('POST', $base, $path, headers: [
            'Content-Type' => 'application/x-amz-json-1.0',
            'X-Amz-Target' => 'AmazonSQS.'.$command->getName(),
            'x-amzn-query-mode' => 'true',
        ], body: json_encode((object) $command->toArray(), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES));
    }

    /**
     * As in aws-sdk-php the queue's URL wins: its host is asked, whatever endpoint is configured.
     *
     * @return array{string, string}
     */
    private function target(CommandInterface $command): array
    {
        $url = parse_url($command['QueueUrl'] ?? '') ?: [];
        $path = '/'.ltrim($url['path'] ?? '', '/');

        if (! isset($url['scheme'], $url['host'])) {
            return [$this->endpoint, $path];
        }

        return [$url['scheme'].'://'.$url['host'].(isset($url['port']) ? ":{$url['port']}" : ''), $path];
    }

    protected function result(CommandInterface $command, ResponseInterface $response): array
    {
        $result = json_decode($response->getContent() ?: '{}', true, flags: JSON_THROW_ON_ERROR);

        foreach ($command->getName() === 'ReceiveMessage' ? $result['Messages'] ?? [] : [] as $message) {
            if (isset($message['MD5OfBody']) && md5($message['Body']) !== $message['MD5OfBody']) {
                throw new SqsException(
                    sprintf('MD5 mismatch. Expected %s, found %s', $message['MD5OfBody'], md5($message['Body'])),
                    $command,
                    ['code' => 'ClientChecksumMismatch'],
                );
            }
        }

        return $result;
    }
}
