<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Where the app's code starts PHP's own session, which PHP keeps in a file unless a handler is set. */
final readonly class NativeSessionReader
{
    private const string START = 'session_start';

    private const string HANDLER = 'session_set_save_handler';

    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int}> */
    public function sessions(): array
    {
        $found = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                if ($call->name === self::HANDLER && ! $call->isMethod) {
                    return [];
                }
                if ($call->name === self::START && ! $call->isMethod && ! $file->dependsOnEnvironment($call)) {
                    $found[] = ['file' => $file->path, 'line' => $call->line];
                }
            }
        }

        return $found;
    }
}
