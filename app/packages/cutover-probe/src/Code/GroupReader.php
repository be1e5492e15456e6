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

    private const array PARENTS = ['', 'Mailable', 'Notification'];

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int}> nothing where groups are given in other places than jobs */
    public function ungrouped(): array
    {
        $ungrouped = [];

        foreach ($this->code->files() as $file) {
            $isJob = $file->is(self::JOBS);

            if (! $isJob && $file->hasName(self::GROUPS)) {
                return [];
            }
            if ($isJob && ! $file->hasName([...self::GROUPS, ...self::QUEUES]) && in_array($file->parentClass(), self::PARENTS, true)) {
                $ungrouped[] = ['file' => $file->path, 'line' => $file->lineOfClass()];
            }
        }

        return $ungrouped;
    }
}
