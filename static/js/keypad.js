// Keys on the glass, for a kiosk without a keyboard. A hand scanner and a keyboard
// type into the same field.
const root = document.querySelector("[data-keypad]");
const target = root && root.querySelector("[data-keypad-target]");
const keys = root && root.querySelector("[data-keys]");

function write(value) {
  target.value = value.slice(0, target.maxLength > 0 ? target.maxLength : undefined);
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

if (target && keys) {
  keys.hidden = false;
  // The system's keyboard would cover these keys.
  target.setAttribute("inputmode", "none");
  target.focus();
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if (key.hasAttribute("data-key-erase")) write(target.value.slice(0, -1));
    else if (key.hasAttribute("data-key-clear")) write("");
    else write(target.value + key.dataset.key);
  });
}
