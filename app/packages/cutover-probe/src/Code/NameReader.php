<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/**
 * Connections, disks, mailers, queues, cache stores and log channels that the app's code names.
 *
 * A name counts only where it is written out. One in a function that asks for the environment is left out, since it may
 * be for development, and so is a connection that the code itself configures.
 */
final readonly class NameReader
{
    /** Methods of facades (and helpers) whose first argument is a name. */
    private const array FACADES = [
        'disk' => ['Storage' => ['disk', 'drive']],
        'database' => ['DB' => ['connection'], 'Schema' => ['connection']],
        'mailer' => ['Mail' => ['mailer', 'driver']],
        'connection' => ['Queue' => ['connection']],
        'store' => ['Cache' => ['store', 'driver'], 'cache' => ['store', 'driver']],
        'channel' => ['Log' => ['channel', 'driver'], 'logger' => ['channel', 'driver']],
        'redis' => ['Redis' => ['connection']],
    ];

    /** Methods of objects that nothing else of a Laravel app has, whose first argument is a name. */
    private const array METHODS = [
        'disk' => ['disk'],
        'mailer' => ['mailer'],
        'connection' => ['onConnection', 'allOnConnection'],
        'queue' => ['onQueue', 'allOnQueue'],
    ];

    /** Where the name of a disk comes after the path of an uploaded file. */
    private const array UPLOADS = ['store' => 1, 'storePublicly' => 1, 'storeAs' => 2, 'storePubliclyAs' => 2];

    private const array STORING = ['put', 'putFile', 'putFileAs', 'write', 'writeStream', 'append', 'prepend', 'copy', 'move'];

    private const array KEEPING = ['put', 'putMany', 'set', 'setMultiple', 'forever', 'remember', 'rememberForever', 'sear', 'flexible', 'pull', 'forget'];

    private const array PASSING_ON = ['delete', 'deleteDirectory', 'download'];

    private const array ATTRIBUTES = ['Storage' => 'disk', 'Database' => 'database', 'DB' => 'database', 'Cache' => 'store', 'Log' => 'channel'];

    private const array JOBS = ['ShouldQueue', 'Mailable', 'Notification'];

    private const array MODELS = ['Model', 'Authenticatable', 'Pivot', 'MorphPivot'];

    private const string CONFIGURED = '/\A(database\.connections|filesystems\.disks|mail\.mailers|queue\.connections|cache\.stores|logging\.channels)\.([\w-]+)/';

    private const array KEYS = [
        'database.connections' => 'database',
        'filesystems.disks' => 'disk',
        'mail.mailers' => 'mailer',
        'queue.connections' => 'connection',
        'cache.stores' => 'store',
        'logging.channels' => 'channel',
    ];

    public function __construct(private AppCode $code) {}

    /** @return list<array{type: string, name: string, file: string, line: int, stores: bool}> */
    public function names(): array
    {
        $made = $this->madeByCode();
        $names = [];

        foreach ($this->code->files() as $file) {
            foreach ([...$this->ofCalls($file), ...$this->ofProperties($file)] as [$type, $name, $line, $stores]) {
                if (! isset($made[$type][$name])) {
                    $names[] = ['type' => $type, 'name' => $name, 'file' => $file->path, 'line' => $line, 'stores' => $stores];
                }
            }
        }

        return $names;
    }

    /** @return iterable<array{string, string, int, bool}> */
    private function ofCalls(SourceFile $file): iterable
    {
        foreach ($file->calls() as $call) {
            if ($file->dependsOnEnvironment($call)) {
                continue;
            }

            foreach ($this->ofCall($call, $file) as $type => $name) {
                if ($name !== null && $name !== '') {
                    yield [$type, $name, $call->line, match ($type) {
                        'disk' => $this->stores($call, $name, $file),
                        'store' => $this->keeps($call, $file),
                        default => false,
                    }];
                }
            }
        }
    }

    /** @return array<string, ?string> type -> name */
    private function ofCall(Call $call, SourceFile $file): array
    {
        if ($call->isAttribute) {
            return $this->ofAttribute($call, $file);
        }
        if ($call->subject === 'Queue' && in_array($call->name, ['pushOn', 'laterOn'], true)) {
            return ['queue' => $call->argument($call->name === 'laterOn' ? 1 : 0, 'queue')];
        }
        if ($call->subject === 'Schedule' && $call->name === 'job') {
            return ['queue' => $call->argument(1, 'queue'), 'connection' => $call->argument(2, 'connection')];
        }

        foreach (self::FACADES as $type => $subjects) {
            if (in_array($call->name, $subjects[$call->subject] ?? [], true)) {
                return [$type => $this->withoutSuffix($call->argument(0, 'name'))];
            }
        }
        foreach (self::METHODS as $type => $methods) {
            if ($call->isMethod && in_array($call->name, $methods, true)) {
                return [$type => $call->argument(0, $type)];
            }
        }

        $place = $call->isMethod && $call->subject === '' ? self::UPLOADS[$call->name] ?? null : null;

        return $place === null ? [] : ['disk' => $call->argument($place, 'options')];
    }

    /** @return array<string, ?string> */
    private function ofAttribute(Call $call, SourceFile $file): array
    {
        $type = match (true) {
            $call->name === 'Queue' && $file->is(self::JOBS) => 'queue',
            $call->name === 'Connection' && $file->is(self::JOBS) => 'connection',
            $call->name === 'Connection' && $file->is(self::MODELS) => 'database',
            default => self::ATTRIBUTES[$call->name] ?? null,
        };

        return $type === null ? [] : [$type => $call->argument(0, 'name')];
    }

    /** @return iterable<array{string, string, int, bool}> */
    private function ofProperties(SourceFile $file): iterable
    {
        [$isJob, $isModel] = [$file->is(self::JOBS), $file->is(self::MODELS)];

        foreach ($file->properties() as [$property, $name, $line]) {
            $type = match (true) {
                $property === 'queue' && $isJob => 'queue',
                $property === 'mailer' && $isJob => 'mailer',
                $property === 'connection' && $isJob => 'connection',
                $property === 'connection' && $isModel => 'database',
                default => null,
            };

            if ($type !== null && is_string($name) && $name !== '') {
                yield [$type, $name, $line, false];
            }
        }
    }

    /** Whether a file stays on the disk: one that the same function removes or sends afterwards is of this task only. */
    private function stores(Call $call, string $disk, SourceFile $file): bool
    {
        if ($this->isPassedOn($call, $disk, $file)) {
            return false;
        }
        if (isset(self::UPLOADS[$call->name]) || in_array($call->next, self::STORING, true)) {
            return true;
        }

        return $call->next === '' && $file->functionHas($call, self::STORING, after: true);
    }

    /** Whether a value is kept in the cache store, for this task and others to read. */
    private function keeps(Call $call, SourceFile $file): bool
    {
        return in_array($call->next, self::KEEPING, true) || ($call->next === '' && $file->functionHas($call, self::KEEPING, after: true));
    }

    /** A disk in a variable is not followed; otherwise the same disk must be named again. */
    private function isPassedOn(Call $call, string $disk, SourceFile $file): bool
    {
        if ($file->functionHas($call, ['deleteFileAfterSend', 'unlink'], after: true)) {
            return true;
        }
        if ($call->next === '' && ! isset(self::UPLOADS[$call->name])) {
            return $file->functionHas($call, self::PASSING_ON, after: true);
        }

        $later = array_filter($file->calls(), fn (Call $other): bool => $other->index > $call->index && $file->shareFunction($call, $other));

        return array_filter($later, fn (Call $other): bool => $other->argument(0, 'name') === $disk && in_array($other->next, self::PASSING_ON, true)) !== [];
    }

    /** Laravel reads and writes one connection as mysql::read and mysql::write. */
    private function withoutSuffix(?string $name): ?string
    {
        return $name === null ? null : (string) preg_replace('/::(read|write)\z/', '', $name);
    }

    /** @return array<string, array<string, true>> type -> name, of what the code configures at run time */
    private function madeByCode(): array
    {
        $made = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->texts() as $text) {
                if (preg_match(self::CONFIGURED, $text, $match) === 1) {
                    $made[self::KEYS[$match[1]]][$match[2]] = true;
                }
            }
            foreach ($file->calls() as $call) {
                $type = ['DB.connectUsing' => 'database', 'Storage.set' => 'disk'][$call->subject.'.'.$call->name] ?? null;

                if ($type !== null && ($name = $call->argument(0, 'name')) !== null) {
                    $made[$type][$name] = true;
                }
            }
        }

        return $made;
    }
}
