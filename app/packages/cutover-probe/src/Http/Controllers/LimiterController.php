<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use Closure;
use CutoverProbe\TaskReader;
use Illuminate\Cache\RateLimiter;
use Illuminate\Cache\RateLimiting\Limit;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Arr;

/** Whether the app's named rate limits count visitors, or the load balancer that all of them come through. */
final readonly class LimiterController
{
    private const array VISITORS = ['198.51.100.1', '198.51.100.2'];

    public function __construct(private RateLimiter $limiter, private TaskReader $reader) {}

    public function __invoke(Request $request): JsonResponse
    {
        $names = array_keys(Closure::bind(fn (): array => $this->limiters, $this->limiter, RateLimiter::class)());

        return response()->json([
            'task' => $this->reader->current()->id(),
            'limiters' => array_map(fn (string $name): array => ['name' => $name, 'counts_the_peer' => $this->countsThePeer($name, $request), 'counts_the_header' => $this->countsTheHeader($name, $request)], array_map(strval(...), $names)),
        ]);
    }

    /** Two visitors have one key, which changes with the address that the connection comes from; null if it fails. */
    private function countsThePeer(string $name, Request $request): ?bool
    {
        $peer = (string) $request->server('REMOTE_ADDR');
        if (in_array($peer, array_map(trim(...), explode(',', (string) $request->headers->get('X-Forwarded-For'))), true)) {
            return false; // nginx has put the visitor's address there: set_real_ip_from.
        }
        $other = long2ip((int) ip2long($peer) ^ 1);

        return rescue(fn (): bool => $this->keys($name, $request, self::VISITORS[0], $peer) === $this->keys($name, $request, self::VISITORS[1], $peer)
            && $this->keys($name, $request, self::VISITORS[0], $peer) !== $this->keys($name, $request, self::VISITORS[0], $other), null, false);
    }

    /** A visitor changes his key by what he writes into X-Forwarded-For, although the app knows his address; null if it fails. */
    private function countsTheHeader(string $name, Request $request): ?bool
    {
        $peer = (string) $request->server('REMOTE_ADDR');
        $plain = $this->requestOf($request, self::VISITORS[0], $peer);
        $forged = $this->requestOf($request, self::VISITORS[1].', '.self::VISITORS[0], $peer);

        return rescue(fn (): bool => $plain->ip() === $forged->ip()
            && $this->keysOf($name, $plain) === $this->keysOf($name, $plain)
            && $this->keysOf($name, $plain) !== $this->keysOf($name, $forged), null, false);
    }

    /** @return list<mixed> */
    private function keys(string $name, Request $request, string $visitor, string $peer): array
    {
        return $this->keysOf($name, $this->requestOf($request, $visitor, $peer));
    }

    private function requestOf(Request $request, string $forwardedFor, string $peer): Request
    {
        return $request->duplicate(server: [...$request->server->all(), 'HTTP_X_FORWARDED_FOR' => $forwardedFor, 'REMOTE_ADDR' => $peer]);
    }

    /** @return list<mixed> */
    private function keysOf(string $name, Request $request): array
    {
        $limits = Arr::wrap(($this->limiter->limiter($name))($request));

        return array_map(fn (mixed $limit): mixed => $limit instanceof Limit ? $limit->key : null, $limits);
    }
}
