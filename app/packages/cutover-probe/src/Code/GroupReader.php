<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Jobs of the app that have no message group: a FIFO queue of SQS takes none of them. */
final readonly class GroupReader
{
    private const array JOBS = ['ShouldQueue', 'ShouldQueueAfterCommit'];

    private const array GROUPS = ['messageGroup', 'messageGroups', 'withMessageGroups', 'onGroup', 'messageGroupId', 'onMessageGroup'];

    /** A job that names one of these may go to another queue. */
    private const array QUEUES = ['connection', 'queue', 'onConnection', 'onQueue', 'viaConnections', 'viaQueues', 'viaConnection', 'viaQueue', 'Connection', 'Queue'];

    private const string FIFO = '.fifo';

    private const array PARENTS = ['', 'Mailable', 'Notification'];

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, queue?: string}> nothing where groups are given in other places than jobs */
    public function ungrouped(): array
    {
        $ungrouped = [];

        foreach ($this->code->files() as $file) {
            $isJob = $file->is(self::JOBS);

            if (! $isJob && $file->hasName(self::GROUPS)) {
                return [];
            }
            $own = $this->ownQueue($file);
            if ($isJob && ! $file->hasName([...self::GROUPS, ...($own === [] ? self::QUEUES : [])]) && in_array($file->parentClass(), self::PARENTS, true)) {
                $ungrouped[] = ['file' => $file->path, 'line' => $file->lineOfClass(), ...$own];
            }
        }

        return $ungrouped;
    }

    /** The FIFO queue that a job names itself. @return array{queue?: string} */
    private function ownQueue(SourceFile $file): array
    {
        $named = array_map(fn (Call $call): string => $call->name === 'onQueue' ? (string) $call->argument(0, 'queue') : '', $file->calls());
        foreach ($file->properties() as [$name, $value]) {
            $named[] = $name === 'queue' ? (string) $value : '';
        }
        $found = array_values(array_filter($named, fn (string $queue): bool => str_ends_with($queue, self::FIFO)));

        return $found === [] ? [] : ['queue' => $found[0]];
    }
}
