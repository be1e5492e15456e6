<?php

declare(strict_types=1);

namespace CutoverProbe;

use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Http\Client\Factory as Http;
use Throwable;

/** Asks the task metadata endpoint (version 4) once per container and remembers the answer in a file. */
final class TaskReader
{
    private const int TIMEOUT_S = 1;

    private ?Task $task = null;

    public function __construct(
        private readonly Config $config,
        private readonly Filesystem $files,
        private readonly Http $http,
    ) {}

    public function current(): Task
    {
        return $this->task ??= $this->read();
    }

    private function read(): Task
    {
        $uri = $this->config->get('cutover-probe.metadata_uri');

        if (! is_string($uri) || $uri === '') {
            return new Task;
        }

        // The address holds the container's id, so a file that another container left is never taken for ours.
        $file = $this->config->get('cutover-probe.state_path').'/task-'.hash('xxh128', $uri).'.json';

        return $this->remembered($file) ?? $this->ask($uri, $file);
    }

    private function remembered(string $file): ?Task
    {
        $known = $this->files->exists($file) ? json_decode($this->files->get($file), true) : null;

        return is_array($known) ? new Task(...$known) : null;
    }

    private function ask(string $uri, string $file): Task
    {
        try {
            $container = $this->http->timeout(self::TIMEOUT_S)->get($uri)->throw();
            $task = $this->http->timeout(self::TIMEOUT_S)->get("{$uri}/task")->throw();
        } catch (Throwable $exception) {
            report($exception);

            return new Task;
        }

        $known = [
            'arn' => $task->json('TaskARN'),
            'family' => $task->json('Family'),
            'revision' => $task->json('Revision') === null ? null : (string) $task->json('Revision'),
            'containerId' => $container->json('DockerId'),
        ];
        $this->files->ensureDirectoryExists(dirname($file));
        $this->files->replace($file, (string) json_encode($known, JSON_THROW_ON_ERROR));

        return new Task(...$known);
    }
}
