<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Middleware;

use Closure;
use CutoverProbe\Signature;
use Illuminate\Contracts\Cache\Factory as CacheFactory;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Http\Request;
use Psr\Log\LoggerInterface;
use Symfony\Component\HttpFoundation\Response;

/**
 * Lets a request through once, soon after it was signed, with the key that is configured.
 *
 * Anything else is 401 and one log line, which holds neither key nor signature. Time stamp and nonce are looked at only
 * after the signature, so that a stranger learns nothing of the clock and cannot fill the cache.
 */
final readonly class VerifySignature
{
    private const string NONCE_PATTERN = '/\A[0-9a-f]{32}\z/';

    private const string TIMESTAMP_PATTERN = '/\A[0-9]{1,12}\z/';

    private const string SIGNATURE_PATTERN = '/\A[0-9a-f]{64}\z/';

    public function __construct(
        private Config $config,
        private CacheFactory $cache,
        private LoggerInterface $log,
    ) {}

    public function handle(Request $request, Closure $next): Response
    {
        // Routes are registered only with a key, but a route cache may be older than the configuration.
        abort_unless(Signature::accepts($this->config->get('cutover-probe.key')), 404);

        $reason = $this->reasonToRefuse($request);

        return $reason === null ? $next($request) : $this->refuse($request, $reason);
    }

    private function reasonToRefuse(Request $request): ?string
    {
        $timestamp = (string) $request->header('X-Probe-Timestamp');
        $nonce = (string) $request->header('X-Probe-Nonce');
        $signature = (string) $request->header('X-Probe-Signature');

        return match (true) {
            preg_match(self::TIMESTAMP_PATTERN, $timestamp) !== 1 => 'timestamp missing or malformed',
            preg_match(self::NONCE_PATTERN, $nonce) !== 1 => 'nonce missing or malformed',
            preg_match(self::SIGNATURE_PATTERN, $signature) !== 1 => 'signature missing or malformed',
            ! $this->signatureMatches($request, $signature, $timestamp, $nonce) => 'signature does not match',
            abs(now()->getTimestamp() - (int) $timestamp) > $this->config->get('cutover-probe.window_s') => 'timestamp outside the window',
            ! $this->isFirstUse($nonce) => 'nonce used before',
            default => null,
        };
    }

    private function signatureMatches(Request $request, string $signature, string $timestamp, string $nonce): bool
    {
        return (new Signature($this->config->get('cutover-probe.key')))->matches(
            $signature,
            $request->getMethod(),
            $request->getRequestUri(),
            $this->bodySha256($request),
            $timestamp,
            $nonce,
        );
    }

    /** Hash the body in pieces: an upload need not fit in memory twice. */
    private function bodySha256(Request $request): string
    {
        $hash = hash_init('sha256');
        hash_update_stream($hash, $request->getContent(asResource: true));

        return hash_final($hash);
    }

    /** A nonce is remembered for as long as its time stamp could still be good, which is twice the window. */
    private function isFirstUse(string $nonce): bool
    {
        return $this->cache->store($this->config->get('cutover-probe.nonce_store'))
            ->add("cutover-probe:nonce:{$nonce}", true, 2 * $this->config->get('cutover-probe.window_s') + 1);
    }

    private function refuse(Request $request, string $reason): Response
    {
        $this->log->warning('cutover-probe refused a request', [
            'reason' => $reason,
            'method' => $request->getMethod(),
            'path' => $request->getPathInfo(),
            'client_ip' => $request->ip(),
        ]);

        return response()->json(['error' => 'refused', 'reason' => $reason], Response::HTTP_UNAUTHORIZED);
    }
}
