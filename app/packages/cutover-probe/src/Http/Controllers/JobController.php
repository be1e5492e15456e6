<?php

declare(strict_types=1);

namespace CutoverProbe\Http\Controllers;

use CutoverProbe\Dispatches;
use CutoverProbe\Jobs\ProbeJob;
use CutoverProbe\Moment;
use CutoverProbe\TaskReader;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Database\ConnectionResolverInterface as Database;
use Illuminate\Database\Query\Builder;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

/** Dispatches jobs that behave as told, and tells what became of them and of every other job. */
final readonly class JobController
{
    private const int MAX_ROWS = 1_000;

    public function __construct(private TaskReader $reader, private Config $config, private Database $database) {}

    public function store(Request $request, Dispatches $dispatches): JsonResponse
    {
        $options = $request->validate([
            'fail_times' => ['integer', 'min:0', 'max:20'],
            'poison' => ['boolean'],
            'duration_s' => ['numeric', 'min:0', 'max:900'],
            'delay_s' => ['integer', 'min:0', 'max:900'],
            'tries' => ['integer', 'min:1', 'max:50'],
            'timeout_s' => ['integer', 'min:1', 'max:3600'],
            'backoff_s' => ['array', 'list', 'max:20'],
            'backoff_s.*' => ['integer', 'min:0', 'max:900'],
        ]);
        $id = $dispatches->dispatch('job', $options, fn (string $id): ProbeJob => new ProbeJob($id, $options));

        return response()->json(['task' => $this->reader->current()->id(), 'id' => $id], Response::HTTP_ACCEPTED);
    }

    /** One snapshot of it all: an effect is never seen without its run, nor a failed job without its last one. */
    public function show(string $id): JsonResponse
    {
        return response()->json($this->database->connection()->transaction(fn (): array => $this->seen($id)));
    }

    /** Forgets a job and what it did; one that still waits in the queue runs all the same. */
    public function destroy(string $id): JsonResponse
    {
        $deleted = $this->database->connection()->transaction(function () use ($id): int {
            $connection = $this->database->connection();
            $connection->table('cutover_probe_effects')->where('job_id', $id)->delete();
            $connection->table('cutover_probe_runs')->where('name', ProbeJob::NAME_PREFIX.$id)->delete();

            return $connection->table('cutover_probe_jobs')->where('id', $id)->delete();
        });
        abort_if($deleted === 0, Response::HTTP_NOT_FOUND, 'There is no such job.');

        return response()->json(['task' => $this->reader->current()->id(), 'deleted' => true]);
    }

    public function runs(Request $request): JsonResponse
    {
        $input = $request->validate(['name' => ['string', 'max:255'], 'since' => ['string', 'max:40']]);
        $runs = $this->recorded()
            ->when(isset($input['name']), fn ($query) => $query->where('name', $input['name']))
            ->when(isset($input['since']), fn ($query) => $query->where('started_at', '>=', Moment::forDatabase(Moment::parse($input['since']))))
            ->orderBy('id')
            ->limit(self::MAX_ROWS)
            ->get();

        return response()->json(['task' => $this->reader->current()->id(), 'runs' => $runs->map($this->run(...))->all()]);
    }

    /** @return array<string, mixed> */
    private function seen(string $id): array
    {
        $job = $this->database->connection()->table('cutover_probe_jobs')->find($id);
        abort_if($job === null, Response::HTTP_NOT_FOUND, 'There is no such job.');

        $runs = $this->recorded()->where('name', ProbeJob::NAME_PREFIX.$id)->orderBy('id')->get();

        return [
            'task' => $this->reader->current()->id(),
            'id' => $job->id,
            'kind' => $job->kind,
            'options' => (object) json_decode($job->options, true),
            'dispatched_by' => $job->task,
            'dispatched_at' => Moment::forJson($job->dispatched_at),
            'available_at' => Moment::forJson($job->available_at),
            'runs' => $runs->map($this->run(...))->all(),
            'effects' => $this->effects($id),
            'failed' => $this->isInFailedJobs($runs->pluck('uuid')->filter()->unique()->all()),
        ];
    }

    private function recorded(): Builder
    {
        return $this->database->connection()->table('cutover_probe_runs')->select('cutover_probe_runs.*')->addSelect([
            'overtook' => fn (Builder $query): Builder => $query->selectRaw('count(*) > 0')
                ->from('cutover_probe_overtakings')
                ->whereColumn('cutover_probe_overtakings.uuid', 'cutover_probe_runs.uuid'),
        ]);
    }

    /** @return array<string, mixed> */
    private function run(object $run): array
    {
        return [
            'name' => $run->name,
            'uuid' => $run->uuid,
            'connection' => $run->connection,
            'queue' => $run->queue,
            'task' => $run->task,
            'attempt' => (int) $run->attempt,
            'timeout_s' => $run->timeout_s === null ? null : (int) $run->timeout_s,
            'max_tries' => $run->max_tries === null ? null : (int) $run->max_tries,
            'overtook' => (bool) $run->overtook,
            'started_at' => Moment::forJson($run->started_at),
            'ended_at' => Moment::forJson($run->ended_at),
            'outcome' => $run->outcome,
            'error' => $run->error,
        ];
    }

    /** @return list<array{task: ?string, at: ?string}> */
    private function effects(string $id): array
    {
        return $this->database->connection()->table('cutover_probe_effects')->where('job_id', $id)->orderBy('id')->get()
            ->map(fn (object $effect): array => ['task' => $effect->task, 'at' => Moment::forJson($effect->at)])
            ->all();
    }

    /** @param  list<string>  $uuids */
    private function isInFailedJobs(array $uuids): bool
    {
        if (! str_starts_with((string) $this->config->get('queue.failed.driver'), 'database')) {
            return false;
        }

        return $this->database->connection($this->config->get('queue.failed.database'))
            ->table($this->config->get('queue.failed.table'))
            ->whereIn('uuid', $uuids)
            ->exists();
    }
}
