<?php

declare(strict_types=1);

namespace CutoverProbe\Code;

use Illuminate\Contracts\Config\Repository as Config;

/** Where the app has browsers upload straight to its store: by a signed address, or by Livewire on a disk in S3. */
final readonly class UploadReader
{
    private const string SIGNS = 'temporaryUploadUrl';

    private const string LIVEWIRE = 'WithFileUploads';

    public function __construct(private AppCode $code, private Config $config) {}

    /** @return list<array{file: string, line: int}> */
    public function uploads(): array
    {
        $uploads = [];

        foreach ($this->code->files() as $file) {
            foreach ($file->calls() as $call) {
                if ($call->name === self::SIGNS && $call->isMethod && ! $file->dependsOnEnvironment($call)) {
                    $uploads[] = ['file' => $file->path, 'line' => $call->line];
                }
            }

            if ($file->hasName([self::LIVEWIRE]) && $this->livewireSigns()) {
                $uploads[] = ['file' => $file->path, 'line' => $file->lineOfClass()];
            }
        }

        return $uploads;
    }

    private function livewireSigns(): bool
    {
        $disk = $this->config->get('livewire.temporary_file_upload.disk') ?: $this->config->get('filesystems.default');

        return $this->config->get("filesystems.disks.{$disk}.driver") === 's3';
    }
}
