<?php

namespace App\Console\Commands;

use App\Models\User;
use Illuminate\Console\Attributes\Description;
use Illuminate\Console\Attributes\Signature;
use Illuminate\Console\Command;
use Illuminate\Support\Str;

#[Signature('tickets:organiser {email : Address of the account} {--name=Organiser : Name when the account is new}')]
#[Description('Make an account an organiser, give it a new random password and print that once')]
class ResetOrganiser extends Command
{
    public function handle(): int
    {
        $password = Str::password(24, symbols: false);

        $user = User::query()->firstOrNew(
            ['email' => Str::lower($this->argument('email'))],
            ['name' => $this->option('name')],
        );
        $user->password = $password;
        $user->is_organiser = true;
        $user->save();

        $this->line($password);

        return self::SUCCESS;
    }
}
