<?php

namespace Tests\Feature\Auth;

use App\Models\Hold;
use App\Models\User;
use Illuminate\Foundation\Testing\RefreshDatabase;
use Tests\TestCase;

class LoginTest extends TestCase
{
    use RefreshDatabase;

    private User $user;

    protected function setUp(): void
    {
        parent::setUp();

        $this->user = User::factory()->create(['email' => 'anne@visitors.example']);
    }

    public function test_the_form_is_shown_to_guests_only(): void
    {
        $this->get('/login')->assertOk()->assertSee('Sign in');
        $this->actingAs($this->user)->get('/login')->assertRedirect('/');
    }

    public function test_signing_in_regenerates_the_session_id_and_keeps_the_cart(): void
    {
        $this->withSession(['cart' => str_repeat('c', 40)])->get('/login');
        $before = session()->getId();

        $this->post('/login', ['email' => 'Anne@visitors.example', 'password' => 'correct horse battery'])->assertRedirect('/');

        $this->assertAuthenticatedAs($this->user);
        $this->assertNotSame($before, session()->getId());
        $this->assertSame(str_repeat('c', 40), session('cart'));
    }

    public function test_signing_in_leads_to_the_page_that_asked_for_it(): void
    {
        $this->get('/orders')->assertRedirect('/login');

        $this->signIn()->assertRedirect('/orders');
    }

    public function test_a_wrong_password_and_an_unknown_address_look_the_same(): void
    {
        $this->signIn(password: 'wrong')->assertInvalid(['email' => 'The address or the password is wrong.']);
        $this->signIn(email: 'nobody@visitors.example')->assertInvalid(['email' => 'The address or the password is wrong.']);

        $this->assertGuest();
    }

    public function test_the_form_is_checked(): void
    {
        $this->post('/login', [])->assertInvalid(['email', 'password']);
        $this->post('/login', ['email' => ['x'], 'password' => ['x']])->assertInvalid(['email', 'password']);
    }

    public function test_signing_in_is_throttled_and_then_possible_again(): void
    {
        foreach (range(1, 5) as $attempt) {
            $this->signIn(password: 'wrong');
        }

        $this->signIn()->assertInvalid(['email' => 'Too many attempts. Try again in']);
        $this->assertGuest();

        $this->travel(61)->seconds();
        $this->signIn()->assertValid();
        $this->assertAuthenticated();
    }

    public function test_the_throttle_is_for_one_address(): void
    {
        foreach (range(1, 5) as $attempt) {
            $this->signIn(email: 'nobody@visitors.example');
        }

        $this->signIn()->assertValid();
    }

    public function test_signing_out_ends_the_session_and_gives_tickets_back(): void
    {
        $this->signIn();
        $hold = Hold::factory()->create(['cart' => str_repeat('c', 40)]);
        $this->withSession(['cart' => $hold->cart]);
        $before = session()->getId();

        $this->post('/logout')->assertRedirect('/');

        $this->assertGuest();
        $this->assertNotSame($before, session()->getId());
        $this->assertModelMissing($hold);
    }

    public function test_only_who_is_signed_in_signs_out(): void
    {
        $this->post('/logout')->assertRedirect('/login');
    }

    private function signIn(string $email = 'anne@visitors.example', string $password = 'correct horse battery'): mixed
    {
        return $this->post('/login', ['email' => $email, 'password' => $password]);
    }
}
