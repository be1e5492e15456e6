<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Where the app's own SQL asks the database for the time, instead of passing its own. */
final readonly class ClockReader
{
    private const array RAW = ['raw', 'selectRaw', 'whereRaw', 'orWhereRaw', 'havingRaw', 'orHavingRaw', 'orderByRaw', 'groupByRaw', 'fromRaw'];

    private const array STATEMENTS = ['select', 'selectOne', 'scalar', 'statement', 'insert', 'update', 'delete', 'unprepared'];

    /** A function of the local time within a text; UTC_TIMESTAMP() is the same everywhere. */
    private const string CLOCK = '/["\'][^"\']*\b(?:(NOW|CURDATE|CURTIME|SYSDATE|LOCALTIME)\s*\(|(CURRENT_(?:DATE|TIME|TIMESTAMP))\b)/i';

    /** The columns' defaults there are Laravel's own, too. */
    private const string MIGRATIONS = 'database/migrations/';

    public function __construct(private AppCode $code) {}

    /** @return list<array{function: string, file: string, line: int}> */
    public function clocks(): array
    {
        $found = [];

        foreach ($this->code->files() as $file) {
            foreach (str_starts_with($file->path, self::MIGRATIONS) ? [] : $file->calls() as $call) {
                $isSql = in_array($call->name, self::RAW, true) || ($call->subject === 'DB' && in_array($call->name, self::STATEMENTS, true));

                if ($isSql && preg_match(self::CLOCK, $call->code[0] ?? '', $match) === 1 && ! $file->dependsOnEnvironment($call)) {
                    $found[] = ['function' => strtoupper($match[1] ?: $match[2]), 'file' => $file->path, 'line' => $call->line];
                }
            }
        }

        return $found;
    }
}
