// Opening a code changes nothing by itself: the POST does, and this presses it.
const form = document.querySelector("[data-auto-submit]");
if (form) form.submit();

// Back from the next page: the button is there to be pressed.
