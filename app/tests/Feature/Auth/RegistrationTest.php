<?php

namespace Tests\Feature\Auth;

use App\Models\User;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Illuminate\Support\Facades\Hash;
use PHPUnit\Framework\Attributes\DataProvider;
use Tests\TestCase;

class RegistrationTest extends TestCase
{
    use RefreshDatabase;

    private const array FORM = [
        'name' => 'Änne O’Brien',
        'email' => 'Anne@Visitors.example',
        'password' => 'correct horse battery',
        'password_confirmation' => 'correct horse battery',
    ];

    public function test_the_form_is_shown(): void
    {
        $this->get('/register')->assertOk()->assertSee('Password again');
    }

    public function test_a_visitor_registers_and_is_signed_in(): void
    {
        $this->get('/register');
        $before = session()->getId();

        $this->post('/register', self::FORM)->assertRedirect('/');

        $user = User::query()->sole();
        $this->assertAuthenticatedAs($user);
        $this->assertNotSame($before, session()->getId());
        $this->assertSame('anne@visitors.example', $user->email);
        $this->assertFalse($user->is_organiser);
        $this->assertTrue(Hash::check('correct horse battery', $user->password));
    }

    public function test_nobody_registers_as_an_organiser(): void
    {
        $this->post('/register', [...self::FORM, 'is_organiser' => true]);

        $this->assertFalse(User::query()->sole()->is_organiser);
    }

    /** @return iterable<string, array{array<string, mixed>, string, string}> */
    public static function wrongForms(): iterable
    {
        yield 'no name' => [['name' => ''], 'name', 'required'];
        yield 'long name' => [['name' => str_repeat('x', 101)], 'name', '100'];
        yield 'no address' => [['email' => ''], 'email', 'required'];
        yield 'not an address' => [['email' => 'anne'], 'email', 'valid email'];
        yield 'a list as address' => [['email' => ['x']], 'email', 'string'];
        yield 'short password' => [['password' => 'short', 'password_confirmation' => 'short'], 'password', '10'];
        yield 'passwords differ' => [['password_confirmation' => 'another one'], 'password', 'match'];
    }

    /** @param  array<string, mixed>  $change */
    #[DataProvider('wrongForms')]
    public function test_the_form_is_checked(array $change, string $field, string $message): void
    {
        $this->from('/register')->post('/register', [...self::FORM, ...$change])
            ->assertRedirect('/register')
            ->assertInvalid([$field => $message]);

        $this->assertGuest();
        $this->assertDatabaseEmpty('users');
    }

    public function test_an_address_has_one_account(): void
    {
        User::factory()->create(['email' => 'anne@visitors.example']);

        $this->post('/register', self::FORM)->assertInvalid(['email' => 'Sign in instead']);
    }

    public function test_registration_is_throttled(): void
    {
        foreach (range(1, 10) as $attempt) {
            $this->post('/register', [])->assertStatus(302);
        }

        $this->post('/register', [])->assertTooManyRequests()->assertSee('Too many requests');
    }
}
