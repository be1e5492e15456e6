<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Where the app's code reads the address of the connection, which is the load balancer's. */
final readonly class PeerReader
{
    public function __construct(private AppCode $code) {}

    /** @return list<array{file: string, line: int}> */
    public function peers(): array
    {
        $found = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->linesWithServerVariable('REMOTE_ADDR', unless: 'HTTP_X_FORWARDED_FOR') as $line) {
                $found[] = ['file' => $file->path, 'line' => $line];
            }
        }

        return $found;
    }
}
