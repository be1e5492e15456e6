<?php

namespace App\Http\Requests\Auth;

use Illuminate\Auth\Events\Lockout;
use Illuminate\Foundation\Http\FormRequest;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\RateLimiter;
use Illuminate\Support\Str;
use Illuminate\Validation\ValidationException;

class LoginRequest extends FormRequest
{
    private const int MAX_ATTEMPTS = 5;

    private const int DECAY_S = 60;

    protected function prepareForValidation(): void
    {
        if (is_string($this->input('email'))) {
            $this->merge(['email' => Str::lower($this->input('email'))]);
        }
    }

    /** @return array<string, mixed> */
    public function rules(): array
    {
        return [
            'email' => ['required', 'string', 'email'],
            'password' => ['required', 'string'],
        ];
    }

    /** @throws ValidationException */
    public function authenticate(): void
    {
        $key = $this->throttleKey();

        if (RateLimiter::tooManyAttempts($key, self::MAX_ATTEMPTS)) {
            event(new Lockout($this));

            throw $this->refusal('Too many attempts. Try again in '.RateLimiter::availableIn($key).' seconds.');
        }

        if (! Auth::attempt($this->safe(['email', 'password']))) {
            RateLimiter::hit($key, self::DECAY_S);

            throw $this->refusal('The address or the password is wrong.');
        }

        RateLimiter::clear($key);
    }

    private function refusal(string $message): ValidationException
    {
        return ValidationException::withMessages(['email' => $message]);
    }

    private function throttleKey(): string
    {
        return 'login:'.hash('sha256', $this->string('email').'|'.$this->ip());
    }
}
