<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use CutoverProbe\Code\Resources;
use Illuminate\Console\Command;
use Illuminate\Contracts\Config\Repository as Config;

final class ConfigurationCommand extends Command
{
    protected $signature = 'cutover-probe:configuration';

    protected $description = 'Print as JSON which connections, disks, mailers, stores and channels this task has, without credentials';

    public function handle(Resources $resources, Config $config): int
    {
        $this->line((string) json_encode([
            'environment' => $this->laravel->environment(),
            'timezone' => $config->get('app.timezone'),
            'mail_from' => $config->get('mail.from.address'),
            'maintenance' => ['driver' => $config->get('app.maintenance.driver', 'file'), 'store' => $config->get('app.maintenance.store')],
            'defaults' => $resources->defaults(),
            'resources' => $resources->all(),
        ], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR));

        return self::SUCCESS;
    }
}
