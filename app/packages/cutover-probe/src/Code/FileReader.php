<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

/** Where the app's code leaves a file in its own directory, which every task has for itself. */
final readonly class FileReader
{
    /** Functions and methods that write, and the place of the argument with the path. */
    private const array FUNCTIONS = ['file_put_contents' => 0, 'touch' => 0, 'copy' => 1, 'rename' => 1, 'move_uploaded_file' => 1];

    private const array FILE_FACADE = ['put' => 0, 'append' => 0, 'prepend' => 0, 'replace' => 0, 'copy' => 1, 'move' => 1];

    private const array METHODS = ['move' => 0, 'save' => 0];

    /** A file that the same function removes, sends or stores elsewhere afterwards is of this task only. */
    private const array PASSING_ON = [
        'unlink', 'delete', 'deleteDirectory', 'deleteFileAfterSend',
        'download', 'file', 'put', 'putFile', 'putFileAs', 'writeStream', 'attach', 'fromPath',
    ];

    private const string PATH = '/\b(storage_path|public_path|base_path|resource_path|database_path) \( ?["\']?([^"\')]*)/';

    /** What Laravel itself keeps there, and what is meant for one task. */
    private const string OWN = '~^/?(framework|logs)(/|\z)|(^|/)(te?mp|cache)(/|\z)~i';

    public function __construct(private AppCode $code) {}

    /** @return list<array{path: string, file: string, line: int}> */
    public function files(): array
    {
        $found = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                $path = $this->pathOf($call, $file);

                if ($path !== null && ! $file->dependsOnEnvironment($call) && ! $file->functionHas($call, self::PASSING_ON, after: true)) {
                    $found[] = ['path' => $path, 'file' => $file->path, 'line' => $call->line];
                }
            }
        }

        return $found;
    }

    private function pathOf(Call $call, SourceFile $file): ?string
    {
        $place = match (true) {
            $call->name === 'fopen' && ! $call->isMethod => preg_match('/^["\'][waxc]/', $call->code[1] ?? '') === 1 ? 0 : null,
            ! $call->isMethod => self::FUNCTIONS[$call->name] ?? null,
            $call->subject === 'File' => self::FILE_FACADE[$call->name] ?? null,
            $call->subject === '' => self::METHODS[$call->name] ?? null,
            default => null,
        };
        $written = $place === null ? '' : $call->code[$place] ?? '';

        if (preg_match('/^\$\w+\z/', $written) === 1) {
            preg_match('/'.preg_quote($written).' = ([^;]+)/', $file->functionCode($call), $assigned);
            $written = $assigned[1] ?? '';
        }
        if (preg_match(self::PATH, $written, $match) !== 1 || preg_match(self::OWN, $match[2]) === 1) {
            return null;
        }

        return "{$match[1]}('{$match[2]}')";
    }
}
