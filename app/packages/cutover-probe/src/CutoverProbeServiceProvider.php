<?php

namespace CutoverProbe;

use Illuminate\Support\ServiceProvider;

class CutoverProbeServiceProvider extends ServiceProvider
{
}
