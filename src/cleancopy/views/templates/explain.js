"use strict";
(() => {
  const details = JSON.parse(document.getElementById("details").textContent);
  const lines = document.querySelector(".lines"), article = document.getElementById("article");
  const entries = [...lines.querySelectorAll(".entry")];
  const places = new Map(entries.map((entry, place) => [entry.dataset.line, place]));
  const inArticle = new Map([...article.querySelectorAll(".copy [data-line]")].map(e => [e.dataset.line, e]));
  const hidden = new Set();
  let at = -1, marked = [];

  const outcome = entry => ["kept", "lifted", "removed"].find(name => entry.classList.contains(name));
  const entryOf = event => event.target.closest?.(".entry");

  function point(entry, scrollArticle) {
    const copy = inArticle.get(entry.dataset.line);
    marked.forEach(e => e.classList.remove("here"));
    marked = copy ? [entry, copy] : [entry];
    marked.forEach(e => e.classList.add("here"));
    if (copy && scrollArticle && getComputedStyle(article).position === "sticky")
      article.scrollTo({ top: copy.offsetTop - article.clientHeight / 3 });
  }
  function go(place) {
    entries[Math.max(at, 0)].tabIndex = -1;
    at = place;
    entries[at].tabIndex = 0;
    entries[at].focus({ preventScroll: true });
    entries[at].scrollIntoView({ block: "nearest" });
    point(entries[at], true);
  }
  function step(way, wanted = () => true) {
    for (let place = at + way; place >= 0 && place < entries.length; place += way)
      if (!hidden.has(outcome(entries[place])) && wanted(entries[place])) return go(place);
  }

  function make(tag, className, ...children) {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...children);
    return element;
  }
  const listed = (nodes, between) => nodes.flatMap((node, index) => index ? [between(), node] : [node]);
  function explain(entry) {
    const { census = "", states = [], heard = [], evidence = [] } = details.lines[entry.dataset.line] ?? {};
    const how = outcome(entry), rule = entry.querySelector(".why code").textContent;
    const rows = make("dl", "");
    const row = (name, className, ...children) => rows.append(make("dt", "", name), make("dd", className, ...children));
    row("Outcome", "", entry.querySelector(".mark").cloneNode(true), ` ${how}: ${details.outcomes[how]}`);
    row("Decided by", "", make("code", "", rule), ` – ${details.rules[rule]}`);
    row("Confidence", "", entry.querySelector(".why span").textContent);
    if (census) row("The site", "", `The line ${census}.`);
    if (states.length) row("It says", "", ...listed(states, () => make("br", "")));
    if (heard.length) row("Matching rules", "", ...listed(heard.map(id => make("code", "", id)), () => ", "));
    if (evidence.length) row("The model saw", "weights", ...evidence.flatMap(([name, width]) => {
      const bar = make("i", width > 0 ? "kept" : "removed");
      bar.style.width = `${Math.abs(width)}%`;
      const says = make("span", "soft", width > 0 ? "for keeping" : "against keeping");
      return [make("span", "", details.evidence[name]), make("span", "", bar), says];
    }));
    const more = make("div", "more", rows);
    more.dir = "ltr";
    return more;
  }
  function toggle(entry) {
    if (!entry.querySelector(".more")) entry.querySelector(".said").append(explain(entry));
    entry.setAttribute("aria-expanded", String(entry.classList.toggle("open")));
  }

  lines.addEventListener("mouseover", event => { const entry = entryOf(event); if (entry) point(entry, false); });
  lines.addEventListener("focusin", event => {
    const entry = entryOf(event), place = entry ? places.get(entry.dataset.line) : at;
    if (place !== at) { at = place; point(entry, true); }
  });
  lines.addEventListener("click", event => {
    const entry = entryOf(event);
    if (!entry || event.target.closest(".more") || String(getSelection())) return;
    go(places.get(entry.dataset.line));
    toggle(entry);
  });
  article.addEventListener("click", event => {
    const copy = event.target.closest("[data-line]");
    if (copy && !String(getSelection())) go(places.get(copy.dataset.line));
  });
  document.querySelectorAll("[data-outcome]").forEach(box => box.addEventListener("change", () => {
    hidden[box.checked ? "delete" : "add"](box.dataset.outcome);
    document.body.dataset.hide = [...hidden].join(" ");
  }));
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, summary")) return;
    const arrows = event.target.matches(".entry, body, main");
    const key = event.key;
    if (key === "j" || (arrows && key === "ArrowDown")) step(1);
    else if (key === "k" || (arrows && key === "ArrowUp")) step(-1);
    else if (key === "n") step(1, entry => outcome(entry) !== "kept");
    else if (key === "N") step(-1, entry => outcome(entry) !== "kept");
    else if ((key === "Enter" || key === " ") && event.target.matches(".entry")) toggle(event.target);
    else if (key === "Escape") lines.querySelectorAll(".entry.open").forEach(toggle);
    else return;
    event.preventDefault();
  });
})();
