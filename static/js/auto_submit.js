// Opening a code changes nothing by itself: the POST does, and this presses it.
const form = document.querySelector("[data-auto-submit]");
// Not when the page comes back from its own POST: then the button is the guest's.
if (form && document.referrer !== location.href) form.submit();
