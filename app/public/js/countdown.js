// Shows how long tickets are still held. Without this script the page says until when, which is enough.
(() => {
    'use strict';

    for (const element of document.querySelectorAll('[data-countdown]')) {
        const left = element.querySelector('[data-countdown-left]');
        const skewMs = Date.now() - Date.parse(element.dataset.now); // the visitor's clock may be wrong
        const untilMs = Date.parse(element.dataset.countdown) + skewMs;

        const show = () => {
            const seconds = Math.max(0, Math.ceil((untilMs - Date.now()) / 1000));

            left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
            element.classList.toggle('urgent', seconds < 60);

            if (seconds === 0) {
                clearInterval(timer);
                window.location.reload();
            }
        };

        const timer = setInterval(show, 1000);
        show();
    }
})();
