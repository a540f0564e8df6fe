
"use strict";
(() => {
  const entries = [...document.querySelectorAll(".entry")];
  const inArticle = new Map([...document.querySelectorAll(".copy [data-line]")].map(e => [e.dataset.line, e]));
  const byLine = new Map(entries.map(e => [e.dataset.line, e]));
  let at = -1;
  const shown = entry => entry.offsetParent !== null;

  function point(entry, scrollArticle) {
    document.querySelectorAll(".here").forEach(e => e.classList.remove("here"));
    entry.classList.add("here");
    const copy = inArticle.get(entry.dataset.line);
    if (!copy) return;
    copy.classList.add("here");
    const pane = copy.closest("aside");
    if (scrollArticle && getComputedStyle(pane).position === "sticky")
      pane.scrollTo({ top: copy.offsetTop - pane.clientHeight / 3 });
  }
  function go(index) {
    if (index < 0 || index >= entries.length) return;
    if (at >= 0) entries[at].tabIndex = -1; else entries[0].tabIndex = -1;
    at = index;
    entries[at].tabIndex = 0;
    entries[at].focus({ preventScroll: true });
    entries[at].scrollIntoView({ block: "nearest" });
    point(entries[at], true);
  }
  function step(way, wanted = () => true) {
    for (let i = at + way; i >= 0 && i < entries.length; i += way)
      if (shown(entries[i]) && wanted(entries[i])) return go(i);
  }
  function pin(entry) {
    entry.setAttribute("aria-expanded", String(entry.classList.toggle("open")));
  }
  entries.forEach((entry, index) => {
    entry.addEventListener("mouseenter", () => point(entry, false));
    entry.addEventListener("focus", () => { if (at !== index) { at = index; point(entry, true); } });
    entry.addEventListener("click", event => {
      if (event.target.closest(".more") || String(getSelection())) return;
      go(index);
      pin(entry);
    });
  });
  inArticle.forEach((copy, line) => copy.addEventListener("click", () => go(entries.indexOf(byLine.get(line)))));
  document.querySelectorAll("[data-outcome]").forEach(box => box.addEventListener("change", () => {
    document.body.dataset.hide = [...document.querySelectorAll("[data-outcome]:not(:checked)")].map(b => b.dataset.outcome).join(" ");
  }));
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, summary")) return;
    const arrows = event.target.matches(".entry, body, main");
    const key = event.key;
    if (key === "j" || (arrows && key === "ArrowDown")) step(1);
    else if (key === "k" || (arrows && key === "ArrowUp")) step(-1);
    else if (key === "n") step(1, e => !e.classList.contains("kept"));
    else if (key === "N") step(-1, e => !e.classList.contains("kept"));
    else if ((key === "Enter" || key === " ") && event.target.matches(".entry")) pin(event.target);
    else if (key === "Escape") document.querySelectorAll(".entry.open").forEach(pin);
    else return;
    event.preventDefault();
  });
})();
