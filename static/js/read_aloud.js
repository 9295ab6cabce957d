// Reads the first layer aloud, in the page's language, with the browser's own voice.
// Without one the button never shows; leaving the page stops the voice.
const start = document.querySelector("[data-read-start]");
const stop = document.querySelector("[data-read-stop]");
const text = document.querySelector("[data-read]");
const voice = window.speechSynthesis;

if (start && stop && text && voice && typeof SpeechSynthesisUtterance === "function") {
  const show = (reading) => {
    start.hidden = reading;
    stop.hidden = !reading;
  };
  // What will be asked is part of what is read: the switches, after the letter.
  const parts = () => [text, ...document.querySelectorAll(".switch-words")];
  start.addEventListener("click", () => {
    voice.cancel();
    const lines = parts().map((part) => part.innerText);
    const said = new SpeechSynthesisUtterance(lines.join("\n"));
    said.lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
    said.onend = () => show(false);
    said.onerror = () => show(false);
    voice.speak(said);
    show(true);
    stop.focus();
  });
  stop.addEventListener("click", () => {
    voice.cancel();
    show(false);
    start.focus();
  });
  window.addEventListener("pagehide", () => voice.cancel());
  show(false);
}
