<?php

declare(strict_types=1);

namespace CutoverProbe;

use CutoverProbe\Jobs\ProbeJob;
use CutoverProbe\Jobs\SendProbeMail;
use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Support\Str;

/** Writes down what is dispatched before it is, so that a fast worker finds it. */
final readonly class Dispatches
{
    public function __construct(private Database $database, private Dispatcher $bus, private TaskReader $reader, private Config $config) {}

    /**
     * @param  array<string, mixed>  $options
     * @param  callable(string): (ProbeJob|SendProbeMail)  $make
     */
    public function dispatch(string $kind, array $options, callable $make): string
    {
        $id = Str::lower((string) Str::ulid());
        $delayS = (int) ($options['delay_s'] ?? 0);
        $this->database->connection()->table('cutover_probe_jobs')->insert([
            'id' => $id,
            'kind' => $kind,
            'options' => json_encode($options, JSON_THROW_ON_ERROR),
            'task' => $this->reader->current()->id(),
            'dispatched_at' => Moment::now(),
            'available_at' => Moment::forDatabase(now()->addSeconds($delayS)),
        ]);

        $job = $make($id)->delay($delayS === 0 ? null : $delayS);
        // A group of its own: no job waits for another one.
        $job->messageGroup = $this->isFifo() ? $id : null;
        $this->bus->dispatch($job);

        return $id;
    }

    private function isFifo(): bool
    {
        $connection = $this->config->get('queue.default');

        return str_ends_with((string) $this->config->get("queue.connections.{$connection}.queue"), '.fifo');
    }
}
