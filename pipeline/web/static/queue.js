"use strict";
// The keyboard of the review queue. Every key has a button or link, and those work without this file: they are forms.
// A decision is shown at once and sent behind; where the desk refuses it, the item comes back with the reason.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const view = $("#view"), list = $(".items"), live = $("#live"), toast = $("#toast"), help = $("#help"), single = $("#single");
  const wide = matchMedia("(min-width: 821px)"); // where the list stands beside the item, not below it
  const gone = new Map();          // rows that were decided on this page, by item
  let sending = Promise.resolve(); // one after the other, so that undo takes back what was seen last
  let unsent = 0;

  const rows = () => $$(".row", list);
  const current = () => $(".row[aria-current]", list);
  const form = () => $("form.one", view);

  function say(words, bad = false) {
    live.textContent = words;
    toast.classList.toggle("bad", bad);
    toast.hidden = false;
  }

  function show(row, focus = true) {
    const before = current();
    if (before && before !== row) {
      before.removeAttribute("aria-current");
      const kept = document.createElement("template");
      kept.content.append(...view.childNodes);
      before.append(kept);
    } else if (!before) view.replaceChildren();
    if (!row) { view.replaceChildren(); return; }
    row.setAttribute("aria-current", "true");
    const pane = $("template", row);
    if (pane) { view.replaceChildren(pane.content); pane.remove(); }
    $$("[data-script],[data-help]", view).forEach(element => { element.hidden = false; });
    for (const [step, there] of [[-1, row.previousElementSibling], [1, row.nextElementSibling]])
      for (const link of $$(`[data-move="${step}"]`, view)) link.hidden = !there;
    number();
    if (wide.matches) row.scrollIntoView({ block: "nearest" });
    else if (before && before !== row) scrollTo({ top: view.offsetTop });
    $(".paper", view).scrollTop = 0;
    explain();
    if (focus) $("a", row).focus({ preventScroll: true });
  }

  function number() {
    $$(".chip", view).slice(0, 9).forEach((chip, place) => { $(".key", chip).textContent = place + 1; });
  }

  function move(step) {
    const all = rows(), row = all[all.indexOf(current()) + step];
    if (!row) return;
    if (!toast.classList.contains("bad")) toast.hidden = true;
    show(row);
  }

  const add = (name, step) => { for (const element of $$(`[data-count="${name}"]`)) element.textContent = Number(element.textContent) + step; };

  function count(verdict, step) {
    const lane = list.dataset.lane;
    add(lane === "audit" ? "audited" : lane, lane === "audit" ? step : -step);
    if (verdict === "reopen") { add("ranked", step); return; }
    for (const name of [verdict, "all", "sat"]) add(name, step);
    if (verdict === "accept") add("sat-kept", step);
    let x = 0;
    for (const key of ["accept", "reject", "defer"]) {
      const width = Number($(`[data-count="${key}"]`).textContent);
      $(`[data-bar="${key}"]`).setAttribute("x", x);
      $(`[data-bar="${key}"]`).setAttribute("width", width);
      x += width;
    }
  }

  async function post(address, body) {
    let answer;
    try {
      answer = await fetch(address, { method: "POST", keepalive: true, headers: { Accept: "application/json" }, body: new URLSearchParams(body) });
    } catch {
      throw new Error("The desk does not answer. Nothing was kept of this; try again.");
    }
    const told = await answer.json().catch(() => ({ error: "The desk gave no answer that we understand." }));
    if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
    return told;
  }

  function decide(name, value) {
    const row = current(), sent = form();
    if (!row || !sent) return;
    const verdict = name === "reason" ? "reject" : value, body = new FormData(sent), address = sent.action;
    if (name === "verdict" && !$(`[name=verdict][value="${value}"]`, sent)) return; // a key without its button
    body.set(name, value);
    const title = $("h3", row).textContent, all = rows(), next = all[all.indexOf(row) + 1] || all[all.indexOf(row) - 1];
    const place = { row, after: row.previousElementSibling, verdict };
    $("details.reject", sent)?.removeAttribute("open");
    show(next);
    row.remove();
    gone.set(row.dataset.id, place);
    count(verdict, 1);
    say(`${{ accept: "Accepted", reject: "Rejected", defer: "Put off until later", reopen: "Back in the queue" }[verdict]}: ${title}`);
    unsent += 1;
    sending = sending.then(() => post(address, body)).catch(error => { back(row.dataset.id); say(`${title}: ${error.message}`, true); })
      .then(() => { unsent -= 1; if (!unsent && !rows().length) location.assign(list.dataset.here); });
  }

  function back(id) {
    const place = gone.get(id);
    if (!place) return false;
    gone.delete(id);
    if (place.after?.isConnected) place.after.after(place.row); else list.prepend(place.row);
    count(place.verdict, -1);
    show(place.row);
    return true;
  }

  function undo() {
    sending = sending.then(() => post("/desk/undo", new FormData($("#undo")))).then(told => {
      if (!told.item) refresh();
      else if (!back(String(told.item))) location.assign(`/desk/queue?item=${told.item}`);
      say(told.said);
    }).catch(error => say(error.message, true));
  }

  // More or less of this moves what waits: the desk tells the new order, and the rows follow it.
  function steer(wish) {
    const row = current(), sent = form();
    if (!row || !sent) return;
    const body = new FormData(sent);
    body.set("steer", wish);
    sending = sending.then(() => post(`/desk/items/${row.dataset.id}/steer`, body)).then(told => {
      say(told.said);
      return refresh();
    }).catch(error => say(error.message, true));
  }

  async function read(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error("The desk does not show this now. Load the page again.");
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  async function refresh() {
    const chosen = current()?.dataset.id || "";
    const page = await read(`${list.dataset.here}${list.dataset.here.includes("?") ? "&" : "?"}item=${chosen}`);
    const known = new Map(rows().map(row => [row.dataset.id, row]));
    if (!known.size) return;
    for (const fresh of $$(".row", page)) {
      if (gone.has(fresh.dataset.id)) continue; // decided meanwhile
      const row = known.get(fresh.dataset.id);
      if (row) $(".lead", row).replaceWith(document.adoptNode($(".lead", fresh)));
      list.append(row || document.adoptNode(fresh));
      known.delete(fresh.dataset.id);
    }
    for (const row of known.values()) if (row !== current()) row.remove();
    for (const button of $$("[name=steer]", view)) {
      const fresh = $(`#view [name=steer][value=${button.value}]`, page);
      if (current()?.dataset.id === chosen && fresh) button.setAttribute("aria-pressed", fresh.hasAttribute("aria-pressed"));
    }
    current()?.scrollIntoView({ block: "nearest" });
  }

  // All reasons need the model, so they are asked for one item at a time; once open they stay open.
  let explaining = false;
  async function explain() {
    const link = $("[data-why]", view), place = $(".reasons", view);
    if (!link) return;
    link.setAttribute("aria-expanded", explaining);
    place.hidden = !explaining;
    if (!explaining || place.childElementCount) return;
    try {
      const page = await read(link.href);
      if (place.childElementCount) return;
      place.append(...document.adoptNode($("#why", page)).childNodes);
    } catch (error) { place.textContent = error.message; }
  }
  function why() { explaining = !explaining; explain(); }

  function reject() {
    const menu = $("details.reject", view);
    if (!menu) return;
    menu.open = !menu.open;
    (menu.open ? $("button", menu) : $("summary", menu)).focus();
  }

  function digit(place) {
    const menu = $("details.reject[open]", view);
    const target = menu ? $$("button", menu)[place - 1] : $$(".chip input", view)[place - 1];
    target?.click();
  }

  const keys = {
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    a: () => decide("verdict", "accept"), l: () => decide("verdict", "defer"), x: reject, u: undo, b: () => decide("verdict", "reopen"),
    "+": () => steer("more"), "-": () => steer("less"), w: why, t: () => { const field = $("#minutes"); field.focus(); field.select(); },
    o: () => $("[data-original]", view)?.click(), "/": () => $(".find input").focus(), "?": () => help.showModal(),
    Escape: () => $("details.reject[open]", view)?.removeAttribute("open"),
  };
  const inText = target => target.closest("textarea, select, input:not([type=checkbox], [type=radio])");

  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || inText(event.target)) return;
    if (event.key.length === 1 && !single.checked) return; // WCAG 2.1.4: single-letter keys can be switched off
    if (event.key.startsWith("Arrow") && !list.contains(event.target)) return;
    const key = event.key === "T" ? "t" : event.key;
    if (/^[1-9]$/.test(event.key)) { digit(Number(event.key)); event.preventDefault(); return; }
    if (Object.hasOwn(keys, key)) { keys[key](); if (event.key !== "Escape") event.preventDefault(); }
  });

  document.addEventListener("click", event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const moving = event.target.closest("[data-move]"), link = event.target.closest(".row h3 a");
    if (event.target.closest("[data-help]")) help.showModal();
    else if (event.target.closest("[data-why]")) { event.preventDefault(); why(); }
    else if (moving) { event.preventDefault(); move(Number(moving.dataset.move)); }
    else if (link) { event.preventDefault(); show(link.closest(".row")); }
    else if (!event.target.closest("details.reject")) $("details.reject[open]", view)?.removeAttribute("open");
  });

  document.addEventListener("submit", event => {
    if (event.target.id === "undo") { event.preventDefault(); undo(); }
    else if (event.target.matches("form.one") && event.submitter?.name === "steer") { event.preventDefault(); steer(event.submitter.value); }
    else if (event.target.matches("form.one") && event.submitter?.name) { event.preventDefault(); decide(event.submitter.name, event.submitter.value); }
  });

  addEventListener("beforeunload", event => { if (unsent) event.preventDefault(); });
  try { single.checked = localStorage.getItem("single") !== "off"; } catch { /* storage may be switched off */ }
  single.addEventListener("change", () => { try { localStorage.setItem("single", single.checked ? "on" : "off"); } catch { /* for this page only */ } });
  if (current()) show(current(), false);
})();
