<?php

namespace Aws;

use GuzzleHttp\Promise\PromiseInterface;
use Psr\Http\Message\UriInterface;

interface AwsClientInterface
{
    public function getCommand(string $name, array $args = []): CommandInterface;

    public function execute(CommandInterface $command): ResultInterface;

    public function executeAsync(CommandInterface $command): PromiseInterface;

    public function getCredentials(): PromiseInterface;

    public function getRegion(): string;

    public function getEndpoint(): UriInterface;

    public function getConfig(?string $option = null): mixed;
}
