<?php

namespace App\Enums;

enum DocumentKind: string
{
    case Poster = 'poster';
    case SeatingPlan = 'seating-plan';

    public const int MAX_KILOBYTES = 20 * 1024;

    public function label(): string
    {
        return match ($this) {
            self::Poster => 'Poster',
            self::SeatingPlan => 'Seating plan',
        };
    }

    /** @return list<string> */
    public function extensions(): array
    {
        return match ($this) {
            self::Poster => ['jpg', 'jpeg', 'png', 'webp'],
            self::SeatingPlan => ['pdf'],
        };
    }

    public function typesInWords(): string
    {
        return match ($this) {
            self::Poster => 'a JPEG, PNG or WebP image',
            self::SeatingPlan => 'a PDF',
        };
    }
}
