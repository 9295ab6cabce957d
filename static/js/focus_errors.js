// After a form came back: bring the reader to what needs another look.
const box = document.querySelector("[data-focus]");
if (box) box.focus();
