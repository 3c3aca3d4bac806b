"use strict";
// The search of the copy without a server. `search-index.js`, loaded before, holds what is to be found; finding is that of pipeline/web/finding.py:
// every word by its beginning, without regard to case and accents, the title before the rest, the newest first among equals.
(() => {
  const { items, topics, kinds } = globalThis.gleanings;
  const PAGE = 30, MOST_WORDS = 12, WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;
  const UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/gu;
  const fold = (text) => text.normalize("NFKC").replaceAll("’", "'").toLowerCase().replaceAll("ß", "ss").normalize("NFKD").replace(/\p{M}/gu, "");
  const words = (text) => fold(text).replace(UNSPACED, " $& ").match(WORD) || [];
  const hay = (text) => ` ${words(text).join(" ")} `;
  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  for (const item of items) {
    item.inTitle = hay(item.title);
    item.inRest = hay([item.blurb, item.note, item.source, item.series, kinds[item.kind], ...item.topics.map((id) => topics[id]), ...item.people].join(" "));
  }

  const worth = (item, word) => {
    if (item.inTitle.includes(` ${word}`)) return item.inTitle.includes(` ${word} `) ? 12 : 8;
    if (item.inRest.includes(` ${word}`)) return item.inRest.includes(` ${word} `) ? 4 : 2;
    return 0;
  };
  const score = (item, asked) => {
    let total = 0;
    for (const word of asked) {
      const found = worth(item, word);
      if (!found) return 0;
      total += found;
    }
    return total;
  };
  const marked = (text, asked) => {
    const pieces = [];
    let at = 0;
    for (const found of text.matchAll(WORD)) {
      if (!words(found[0]).some((word) => asked.some((one) => word.startsWith(one)))) continue;
      pieces.push(text.slice(at, found.index), make("mark", { textContent: found[0] }));
      at = found.index + found[0].length;
    }
    return [...pieces, text.slice(at)];
  };

  const state = Object.fromEntries(new URLSearchParams(location.search));
  const address = (changes) => {
    const asked = Object.entries({ q: state.q, topic: state.topic, kind: state.kind, ...changes }).filter(([, value]) => value);
    return `search.html${asked.length ? `?${new URLSearchParams(asked)}` : ""}`;
  };

  const card = (item, asked) => {
    const meta = [make("span", { className: "k", textContent: item.source }), make("span", { textContent: kinds[item.kind] }), make("span", { textContent: item.date || item.edition })];
    const parts = [make("h3", { className: "name" }, make("a", { href: `items/${item.id}.html` }, ...marked(item.title, asked)))];
    if (item.blurb) parts.push(make("p", { dir: "auto" }, ...marked(item.blurb, asked)));
    if (item.note) parts.push(make("p", { className: "pick", dir: "auto" }, ...marked(item.note, asked)));
    return make("article", { className: "entry", lang: item.language }, make("div", {}, ...parts, make("p", { className: "meta" }, ...meta)));
  };
  const choices = (title, name, held, names, of) => {
    const counts = new Map();
    for (const item of held) for (const id of of(item)) counts.set(id, (counts.get(id) || 0) + 1);
    const fullest = [...counts].sort((a, b) => b[1] - a[1] || names[a[0]].localeCompare(names[b[0]])).slice(0, 12);
    const link = (text, count, value) => {
      const made = make("a", { href: address({ [name]: value }) }, text, " ", make("span", { className: "num mute", textContent: count.toLocaleString("en") }));
      if ((state[name] || "") === value) made.setAttribute("aria-current", "true");
      return made;
    };
    return [make("h2", { textContent: title }), link("All", held.length, ""), ...fullest.map(([id, count]) => link(names[id], count, id))];
  };

  const draw = () => {
    const results = document.getElementById("results");
    const asked = [...new Set(words(state.q || ""))].slice(0, MOST_WORDS);
    const scores = new Map(items.map((item) => [item, score(item, asked)]));
    const answers = (state.q || "").trim() ? items.filter((item) => scores.get(item)) : items;
    const inTopic = (item) => !state.topic || item.topics.includes(state.topic);
    const inKind = (item) => !state.kind || item.kind === state.kind;
    const found = answers.filter((item) => inTopic(item) && inKind(item)).sort((a, b) => scores.get(b) - scores.get(a) || a.place - b.place);
    document.getElementById("filters").replaceChildren(
      ...choices("Topic", "topic", answers.filter(inKind), topics, (item) => item.topics),
      ...choices("Kind", "kind", answers.filter(inTopic), kinds, (item) => [item.kind]));
    document.getElementById("res").textContent = `${found.length.toLocaleString("en")} ${found.length === 1 ? "resource" : "resources"}`;
    let shown = 0;
    const more = make("button", { className: "btn", type: "button", textContent: "More" });
    const show = () => {
      more.before(...found.slice(shown, shown + PAGE).map((item) => card(item, asked)));
      shown += PAGE;
      more.hidden = shown >= found.length;
    };
    results.replaceChildren(more);
    if (!found.length) more.before(make("p", { className: "lead none", textContent: "Nothing holds all of these words. Try fewer of them." }));
    more.addEventListener("click", show);
    show();
  };

  const form = document.querySelector("form.bigfind");
  const field = form.elements.q;
  field.value = state.q || "";
  field.addEventListener("input", () => { state.q = field.value; draw(); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try { history.replaceState(null, "", address({})); } catch { /* some browsers forbid it to files: the answer is there all the same */ }
  });
  document.getElementById("unscripted").hidden = true;
  draw();
})();
