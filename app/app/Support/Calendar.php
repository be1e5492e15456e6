<?php

namespace App\Support;

use App\Models\Order;
use App\Models\OrderLine;
use Carbon\CarbonInterface;

/** The events of an order as an iCalendar file (RFC 5545). */
class Calendar
{
    private const int LINE_OCTETS = 75;

    /** Events have a start but no end; calendars want one. */
    private const string DURATION = 'PT3H';

    public static function ofOrder(Order $order): string
    {
        $lines = [
            'BEGIN:VCALENDAR',
            'VERSION:2.0',
            'PRODID:-//876 Events//Tickets//EN',
            'METHOD:PUBLISH',
            ...$order->lines->flatMap(fn (OrderLine $line): array => self::entry($order, $line)),
            'END:VCALENDAR',
        ];

        return implode('', array_map(fn (string $line): string => self::fold($line)."\r\n", $lines));
    }

    /** @return list<string> */
    private static function entry(Order $order, OrderLine $line): array
    {
        $event = $line->event;

        return [
            'BEGIN:VEVENT',
            "UID:{$order->number}-{$event->id}@876events.example",
            'DTSTAMP:'.self::moment($order->created_at),
            'DTSTART:'.self::moment($event->starts_at),
            'DURATION:'.self::DURATION,
            'SUMMARY:'.self::text($event->title),
            'LOCATION:'.self::text("{$event->venue}, {$event->city}"),
            'DESCRIPTION:'.self::text("Order {$order->number}\nTickets: {$line->quantity}"),
            'URL:'.route('orders.show', $order),
            'END:VEVENT',
        ];
    }

    private static function moment(CarbonInterface $moment): string
    {
        return $moment->utc()->format('Ymd\THis\Z');
    }

    private static function text(string $text): string
    {
        return str_replace(['\\', ';', ',', "\r\n", "\n"], ['\\\\', '\\;', '\\,', '\\n', '\\n'], $text);
    }

    /** Long lines go on after a line break and a space, and never in the middle of a character. */
    private static function fold(string $line): string
    {
        $folded = '';

        while (strlen($line) > self::LINE_OCTETS) {
            $piece = mb_strcut($line, 0, self::LINE_OCTETS, 'UTF-8');
            $folded .= "{$piece}\r\n";
            $line = ' '.substr($line, strlen($piece));
        }

        return $folded.$line;
    }
}
