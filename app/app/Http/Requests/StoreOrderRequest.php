<?php

namespace App\Http\Requests;

use Illuminate\Foundation\Http\FormRequest;

class StoreOrderRequest extends FormRequest
{
    /** @var string */
    protected $redirectRoute = 'checkout.show';

    /** @return array<string, mixed> */
    public function rules(): array
    {
        return [
            'holds' => ['required', 'array', 'list', 'max:20'],
            'holds.*' => ['required', 'integer', 'min:1', 'distinct'],
        ];
    }

    /** @return array<string, string> */
    public function messages(): array
    {
        return [
            'holds.required' => 'You hold no tickets. Choose some first.',
            'holds.*' => 'The order form was not understood. Go back to the checkout page and try again.',
        ];
    }

    /**
     * The holds that the buyer saw, so that the order never differs from the page.
     *
     * @return list<int>
     */
    public function holdIds(): array
    {
        return array_map(intval(...), array_values($this->validated('holds')));
    }
}
