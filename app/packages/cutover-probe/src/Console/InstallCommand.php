<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use CutoverProbe\CutoverProbeServiceProvider;
use Illuminate\Console\Command;

final class InstallCommand extends Command
{
    protected $signature = 'cutover:install
        {--migrations : Copy the migrations too, to be changed or to run without the package}
        {--force : Write over files that are there}';

    protected $description = 'Copy the configuration of the cutover probe, and say what is left to do';

    public function handle(): int
    {
        $tags = ['cutover-probe-config', ...($this->option('migrations') ? ['cutover-probe-migrations'] : [])];

        foreach ($tags as $tag) {
            $this->call('vendor:publish', [
                '--provider' => CutoverProbeServiceProvider::class,
                '--tag' => $tag,
                '--force' => (bool) $this->option('force'),
            ]);
        }

        foreach ([
            'Make a key of at least 32 characters: openssl rand -hex 32',
            'Give it to web, worker and scheduler tasks as the secret CUTOVER_PROBE_KEY.',
            'Run php artisan migrate with that key in place.',
            'php artisan cutover:doctor checks the rest.',
        ] as $number => $step) {
            $this->line(sprintf('%d. %s', $number + 1, $step));
        }

        return self::SUCCESS;
    }
}
