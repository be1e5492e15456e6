<?php

declare(strict_types=1);

namespace CutoverProbe\Console;

use Closure;
use CutoverProbe\Code\Resources;
use Illuminate\Console\Command;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Mail\Factory as MailFactory;
use Illuminate\Mail\Mailer;
use Illuminate\Support\Arr;

final class ConfigurationCommand extends Command
{
    protected $signature = 'cutover-probe:configuration';

    protected $description = 'Print as JSON which connections, disks, mailers, stores and channels this task has, without credentials';

    public function handle(Resources $resources, Config $config, MailFactory $mails): int
    {
        $this->line((string) json_encode([
            'environment' => $this->laravel->environment(),
            'timezone' => date_default_timezone_get(),
            'mail_from' => $config->get('mail.from.address'),
            'mail_to' => $this->recipientOfAll($mails),
            'maintenance' => ['driver' => $config->get('app.maintenance.driver', 'file'), 'store' => $config->get('app.maintenance.store')],
            'defaults' => $resources->defaults(),
            'resources' => $resources->all(),
        ], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR));

        return self::SUCCESS;
    }

    /** The address that Mail::alwaysTo(), or mail.to, puts in the place of each recipient; null if there is none. */
    private function recipientOfAll(MailFactory $mails): ?string
    {
        $to = rescue(fn (): mixed => Closure::bind(fn (): mixed => $this->to, $mails->mailer(), Mailer::class)(), null, false);

        return is_array($to) ? (Arr::flatten([$to['address'] ?? null])[0] ?? null) : null;
    }
}
