<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Support\Str;

/** Writes down what is dispatched before it is, so that a fast worker finds it. */
final readonly class Dispatches
{
    public function __construct(private Database $database, private Dispatcher $bus, private TaskReader $reader) {}

    /**
     * @param  array<string, mixed>  $options
     * @param  callable(string): ShouldQueue  $make
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

        $this->bus->dispatch($make($id)->delay($delayS === 0 ? null : $delayS));

        return $id;
    }
}
