<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** How long the app's code holds back jobs, mails and notifications that it puts into the default queue connection. */
final readonly class DelayReader
{
    private const array METHODS = ['delay', 'later'];

    /** Calls beside a delay that is one of the queue's, and not of a page. */
    private const array QUEUEING = ['dispatch', 'dispatchIf', 'dispatchUnless', 'later', 'notify', 'send', 'queue', 'push', 'chain', 'batch'];

    private const string DELAY = 'delay';

    private const array QUEUED = ['ShouldQueue', 'Mailable', 'Notification'];

    /** What names one of these may be in another connection than the default one. */
    private const array ELSEWHERE = ['connection', 'onConnection', 'allOnConnection', 'viaConnections'];

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int, seconds: int}> */
    public function delays(): array
    {
        $elsewhere = $this->elsewhere();
        $delays = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                $isDelay = $call->isMethod && in_array($call->name, self::METHODS, true) && ($file->is(self::QUEUED) || $file->functionHas($call, self::QUEUEING));
                $seconds = $isDelay ? Lifetime::seconds($call->code[0] ?? '') : null;
                $names = preg_split('/\W+/', $seconds === null ? '' : $file->functionCode($call)) ?: [];

                if ($seconds !== null && array_intersect($names, $elsewhere) === [] && ! $file->dependsOnEnvironment($call)) {
                    $delays[] = ['file' => $file->path, 'line' => $call->line, 'seconds' => $seconds];
                }
            }
            foreach ($file->is(self::QUEUED) && ! $file->hasName(self::ELSEWHERE) ? $file->properties() : [] as [$name, $value, $line]) {
                if ($name === self::DELAY && is_int($value)) {
                    $delays[] = ['file' => $file->path, 'line' => $line, 'seconds' => $value];
                }
            }
        }

        return $delays;
    }

    /** @return list<string> methods, and classes of the app, that choose a connection */
    private function elsewhere(): array
    {
        $files = array_filter($this->code->files(), fn (SourceFile $file): bool => $file->is(self::QUEUED) && $file->hasName(self::ELSEWHERE));

        return [...self::ELSEWHERE, ...array_map(fn (SourceFile $file): string => basename($file->path, '.php'), array_values($files))];
    }
}
