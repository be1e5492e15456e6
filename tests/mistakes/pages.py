"""Mistakes in what pages load: their styles, scripts and images."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios import test_pages as pages
from scenarios import test_sessions as sessions
from scenarios.tickets import test_documents as documents
from scenarios.tickets import test_orders as orders
from tests.mistakes.edits import NGINX, Edit, add_file, append, combine, replace, set_variable
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

_IGNORE, _ARTWORK = "app/.dockerignore", "app/resources/views/components/artwork.blade.php"
_LAYOUT = "app/resources/views/components/layout.blade.php"
_ROUTE = "route('documents.show', [$event, App\\Enums\\DocumentKind::Poster])"
_EVENTS = "app/app/Http/Controllers/EventController.php"
_ORDERS = "app/app/Http/Controllers/OrderController.php"
_QUERY = "Event::query()->upcoming()->withAvailability()->with('poster')->get()"
_FILES = "location ~* \\.(?:avif|css|gif|ico|jpe?g|js|png|svg|webp|woff2?)$ {"
_BODY = "client_max_body_size 50m;"
_ROOT = "root /srv/app/public;"
_POSTER = "$event->poster->storage()->{}"


def allow_styles(source: str) -> Edit:
    """Have nginx tell browsers where the site's files may come from."""
    policy = f"default-src 'self'; style-src {source}; img-src 'self' data: https:"
    return replace(NGINX, _ROOT, f'{_ROOT}\n        add_header Content-Security-Policy "{policy}";')


def show_logo(path: str) -> Edit:
    """Show a picture on each page."""
    return replace(_LAYOUT, "</main>", f'<img src="{{{{ asset(\'{path}\') }}}}" alt=""></main>')


def use_vite(files: Mapping[str, str]) -> Edit:
    """Have each page load what Vite builds, with more files in the public directory."""
    return combine(
        replace(_LAYOUT, "</head>", "@vite(['resources/css/app.css'])\n</head>"),
        *(add_file(f"app/public/{path}", text) for path, text in files.items()),
    )


def count_extras(extras: str) -> Edit:
    """Have the page of an order count something."""
    return do_in_order_page(f"$number = count({extras});")


def do_in_order_page(code: str) -> Edit:
    """Have the page of an order do something first."""
    page = "        return view('orders.show'"
    return replace(_ORDERS, page, f"        {code}\n\n{page}")


def sum_orders(columns: str) -> Edit:
    """Have the page of an order sum up each buyer's orders."""
    query = f"select {columns}, sum(total_cents) from orders group by user_id"
    return do_in_order_page(f"\\Illuminate\\Support\\Facades\\DB::select('{query}');")


def keep_pages(ignored: str) -> Edit:
    """Have nginx keep the answers of PHP-FPM for ten seconds."""
    passes = "fastcgi_pass unix:/tmp/php-fpm.sock;"
    cache = f"fastcgi_cache pages;\n fastcgi_cache_valid 200 302 10s;\n {ignored}"
    return combine(
        replace(NGINX, _BODY, f"fastcgi_cache_path /tmp/kept keys_zone=pages:1m;\n {_BODY}"),
        replace(
            NGINX, passes, f"{passes}\n fastcgi_cache_key $request_method$request_uri;\n {cache}"
        ),
    )


MISTAKES = (
    Mistake(
        "the stylesheet is not in the image",
        append(_IGNORE, "public/css"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="the image lacks /css/app.css",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin("source maps are not in the image", append(_IGNORE, "public/css/*.map")),
    ),
    Mistake(
        "nginx looks for styles in the directory of the old host",
        replace(NGINX, _FILES, f"{_FILES}\n            root /home/shop/public_html;"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="the image has public/css/app.css, and the web server does not find it",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin(
            "nginx looks for styles in the app's own directory, by name",
            replace(NGINX, _FILES, f"{_FILES}\n            root /srv/app/public;"),
        ),
    ),
    Mistake(
        "browsers may take styles from the old host's CDN alone",
        allow_styles("https://static.hosting.example"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="the Content-Security-Policy, of nginx or of the app, is for other hosts",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin("browsers may take styles from the site alone", allow_styles("'self'")),
    ),
    Mistake(
        "the logo is where storage:link shows the old host's files",
        show_logo("storage/logo.png"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause='/storage/logo.png is a file of Storage\'s disk "public"',
        also_green=[pages.test_caches_keep_no_page_with_a_session],
        twin=Twin("the logo is a file of the image", show_logo("favicon.svg")),
    ),
    Mistake(
        "ASSET_URL has the folder of the old host",
        set_variable("ASSET_URL", "https://tickets.876events.example/public"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="/public/css/app.css has /public before it, and the web server has /css/app.css",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin(
            "ASSET_URL is the public URL",
            set_variable("ASSET_URL", "https://tickets.876events.example"),
        ),
    ),
    Mistake(
        "nginx has another root than the app's public directory",
        combine(
            replace(NGINX, _ROOT, "root /usr/share/nginx/html;"),
            replace(NGINX, "$document_root/index.php", "/srv/app/public/index.php"),
        ),
        breaks=[pages.test_files_of_the_public_directory_are_served],
        cause="the web server does not find public/css/",
        also_green=[pages.test_caches_keep_no_page_with_a_session],
    ),
    Mistake(
        "nginx lets caches keep every page for ten minutes",
        replace(NGINX, _ROOT, f"{_ROOT}\n        expires 10m;"),
        breaks=[pages.test_caches_keep_no_page_with_a_session],
        cause="caches may keep pages with a visitor's session and form token",
        also_green=[pages.test_pages_load_their_styles_scripts_and_images],
        twin=Twin(
            "nginx lets caches keep static files for a year",
            replace(NGINX, "max-age=3600", "max-age=31536000, immutable"),
        ),
    ),
    Mistake(
        "a script that others call is in the web root, and nginx runs index.php alone",
        add_file("app/public/ipn.php", "<?php echo 'OK';\n"),
        breaks=[pages.test_scripts_beside_index_php_are_run],
        cause="public/ipn.php is in the image, and its web server runs no script but index.php",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin(
            "a script that others call has a location in nginx",
            combine(
                add_file("app/public/ipn.php", "<?php echo 'OK';\n"),
                replace(NGINX, "location = /index.php {", "location ~ ^/(?:index|ipn)[.]php$ {"),
                replace(NGINX, "$document_root/index.php", "$document_root$fastcgi_script_name"),
            ),
        ),
    ),
    Mistake(
        "the front page asks for tags, which the cache store does not have",
        replace(_EVENTS, _QUERY, f"cache()->tags('events')->remember('all', 5, fn () => {_QUERY})"),
        breaks=[pages.test_pages_load_their_styles_scripts_and_images],
        cause="This cache store does not support tagging.",
        also_green=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        twin=Twin(
            "the front page is counted in the cache",
            replace(_EVENTS, _QUERY, f"[{_QUERY}, cache()->increment('visits')][0]"),
        ),
    ),
    Mistake(
        "a page shows posters by their plain address in the bucket",
        replace(_ARTWORK, _ROUTE, _POSTER.format("url($event->poster->path)")),
        breaks=[documents.test_visitors_see_the_poster_of_an_event],
        cause="a page names an object of the private bucket by its plain address",
        also_green=[documents.test_largest_file_comes_back_unchanged],
        twin=Twin(
            "a page shows posters by an address that is signed for an hour",
            replace(
                _ARTWORK,
                _ROUTE,
                _POSTER.format("temporaryUrl($event->poster->path, now()->addHour())"),
            ),
        ),
    ),
    Mistake(
        "nginx takes small request headers only",
        replace(NGINX, _BODY, f"large_client_header_buffers 2 1k;\n    {_BODY}"),
        breaks=[pages.test_page_is_answered_to_a_browser_with_many_cookies],
        cause="the web server refuses the cookies that a browser may have",
        also_green=[pages.test_pages_load_their_styles_scripts_and_images],
        twin=Twin(
            "nginx takes large request headers",
            replace(NGINX, _BODY, f"large_client_header_buffers 4 16k;\n    {_BODY}"),
        ),
    ),
    Mistake(
        "nginx keeps pages for ten seconds, whoever asks",
        keep_pages("fastcgi_ignore_headers Cache-Control Expires Set-Cookie;"),
        cause="a shared cache answers a visitor with another's page",
        also_green=[pages.test_no_visitor_gets_another_visitors_session],
        exit_code=NOT_STARTED,
        twin=Twin("nginx keeps pages without a cookie", keep_pages("")),
    ),
    Mistake(
        "the page of an order counts null, as PHP 7 did",
        count_extras("config('tickets.extras')"),
        breaks=[orders.test_mail_is_retried_after_ses_rejects_it],
        cause="the app's own code fails at /srv/app/app/Http/Controllers/OrderController.php:",
        also_green=[orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
        twin=Twin(
            "the page of an order counts a list", count_extras("config('app.providers', [])")
        ),
    ),
    Mistake(
        "a page selects columns that it does not group by",
        sum_orders("user_id, number"),
        breaks=[orders.test_mail_is_retried_after_ses_rejects_it],
        cause="a query at /srv/app/app/Http/Controllers/OrderController.php:",
        also_green=[orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
        twin=Twin("a page selects the column that it groups by", sum_orders("user_id")),
    ),
    Mistake(
        "the file by which pages find Vite's development server is in the image",
        use_vite({"hot": "http://[::1]:5173"}),
        breaks=[sessions.test_links_and_redirects_are_https_with_the_public_host],
        cause="public/hot of Vite's development server is in the image",
        also_green=[sessions.test_spoofed_host_is_ignored],
        twin=Twin(
            "pages load what Vite has built",
            use_vite(
                {
                    "build/manifest.json": '{"resources/css/app.css": {"file": "assets/app.css"}}',
                    "build/assets/app.css": "body {}",
                }
            ),
        ),
    ),
)
