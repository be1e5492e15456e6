<?php

declare(strict_types=1);

namespace CutoverProbe\Jobs;

use CutoverProbe\Moment;
use CutoverProbe\Pause;
use CutoverProbe\TaskReader;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Queue\InteractsWithQueue;
use RuntimeException;

/** A job that behaves as it was told, and leaves one effect for each time that it got to its end. */
final class ProbeJob implements ShouldQueue
{
    use InteractsWithQueue, Queueable;

    public const string NAME_PREFIX = 'cutover-probe:';

    public ?int $tries;

    /** @var string|null as newer releases of Laravel declare it in Queueable: a FIFO queue takes no job without one */
    public $messageGroup;

    public ?int $timeout;

    /** @var list<int>|null */
    public ?array $backoff;

    /** @param  array{fail_times?: int, poison?: bool, duration_s?: int|float, tries?: int, timeout_s?: int, backoff_s?: list<int>}  $options */
    public function __construct(public readonly string $id, private readonly array $options)
    {
        $this->tries = $options['tries'] ?? null;
        $this->timeout = $options['timeout_s'] ?? null;
        $this->backoff = $options['backoff_s'] ?? null;
    }

    public function displayName(): string
    {
        return self::NAME_PREFIX.$this->id;
    }

    public function handle(Database $database, TaskReader $reader): void
    {
        Pause::for((float) ($this->options['duration_s'] ?? 0));

        if (($this->options['poison'] ?? false) || $this->attempts() <= ($this->options['fail_times'] ?? 0)) {
            throw new RuntimeException("cutover-probe job {$this->id} was told to fail (attempt {$this->attempts()}).");
        }

        $database->connection()->table('cutover_probe_effects')->insert([
            'job_id' => $this->id,
            'task' => $reader->current()->id(),
            'at' => Moment::now(),
        ]);
    }
}
