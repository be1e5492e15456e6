<?php

declare(strict_types=1);

namespace CutoverProbe\Listeners;

use Illuminate\Log\Context\Repository;
use Illuminate\Routing\Events\Routing;

/**
 * Log lines of a scenario's request, and of the jobs that it dispatches, carry the scenario's trace.
 *
 * So a scenario's failure is not explained by an error that another scenario's visitor met at the same time.
 */
final readonly class CarryTrace
{
    public const string HEADER = 'X-Cutover-Trace';

    public const string KEY = 'cutover_trace';

    private const string PATTERN = '/\A[0-9a-f]{32}\z/';

    public function __construct(private Repository $context) {}

    public function handle(Routing $event): void
    {
        $trace = (string) $event->request->headers->get(self::HEADER, '');

        if (preg_match(self::PATTERN, $trace) === 1) {
            $this->context->add(self::KEY, $trace);
        }
    }
}
