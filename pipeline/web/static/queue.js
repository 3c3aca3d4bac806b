// The review queue. A decision is shown at once and sent behind; where the desk refuses it, the item comes back with the reason.
import { $, $$, acts, arrived, label, later, pane, read } from "./keys.js";
import * as line from "./line.js";

const view = $("#view"), list = $(".items"), live = $("#live"), toast = $("#toast"), unsent = $("#unsent"), demote = $("#demote");
const wide = matchMedia("(min-width: 821px)"); // where the list stands beside the item, not below it
const gone = new Map(); // rows that were decided on this page, by item
const panes = new WeakMap(); // what the view shows of a row, fetched ahead or put aside, outside of the page: waiting there it costs no layout
const NEAR = 15;        // rows before the end at which the next ones are fetched
const AHEAD = 12;       // panes that are fetched before they are wanted
const BACK = 30;        // panes that are kept of what was decided
const ACTS = {
  accept: ["accept", "accepted", "Accepted"], "must-have": ["accept", "accepted", "Must have"], reject: ["reject", "rejected", "Rejected"],
  defer: ["defer", "deferred", "Put off until later"], reopen: ["reopen", "queued", "Back in the queue"],
};

const rows = () => $$(".row", list);
export const current = () => $(".row[aria-current]", list);
const form = () => $("form.one", view);
const title = row => $("h3", row).textContent.trim();

export function say(words, bad = false) {
  live.textContent = words;
  toast.classList.toggle("bad", bad);
  toast.hidden = false;
  demote.hidden = true;
}

/** After a rejection: say how little is kept of its source, once for each, and offer less of it. Not to who has gone on meanwhile. */
const asked = new Set();
function offer(item, { said, source, little }) {
  if (!little || asked.has(source) || live.textContent !== said) return;
  asked.add(source);
  say(`${said} · ${little}`);
  demote.value = item;
  demote.hidden = false;
  label(toast);
}

/** Put the pane of a row into the view. Only the tree changes here: whoever asks for a size or moves the focus comes after all changes, once. */
function open(row) {
  const before = current();
  if (before && before !== row) {
    before.removeAttribute("aria-current");
    if (form()) panes.set(before, packed(view));
  }
  view.classList.toggle("empty", !row);
  if (before !== row) view.replaceChildren();
  if (!row) return;
  row.setAttribute("aria-current", "true");
  if (panes.has(row)) view.replaceChildren(panes.get(row));
  panes.delete(row);
  if (form()) ready(row); else fetchPane(row).then(() => { if (row === current() && !form()) show(row, false); });
}

/** Bring the open row before the eye. The one place on the way of a key that makes the browser lay out the page. */
function look(row, focus = true) {
  if (!row) return;
  if (wide.matches) row.scrollIntoView({ block: "nearest" }); else if (focus) scrollTo({ top: view.offsetTop });
  if (focus) $("a", row).focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("opened", { detail: row.dataset.id }));
  later(() => { further(); ahead(); });
}

function show(row, focus = true) {
  open(row);
  look(row, focus);
}

function packed(from) {
  const made = document.createDocumentFragment();
  made.append(...from.childNodes);
  return made;
}

const coming = new Map(); // panes that are on their way, by row
function fetchPane(row) {
  if (!coming.has(row)) coming.set(row, fetched(row).finally(() => coming.delete(row)));
  return coming.get(row);
}

async function fetched(row) {
  delete row.dataset.failed;
  try {
    const page = await read(row.dataset.pane);
    if ($(".conflict", page)) row.classList.add("contested"); // somebody else decided it since the list was made
    if (!panes.has(row) && (row !== current() || !form())) panes.set(row, packed(page.body));
    row.dataset.there = "";
  } catch (error) {
    row.dataset.failed = "1";
    if (row === current()) { arrived(false); say(error.message, true); }
  }
}

/** Fetch the panes of the next items, three at a time, so that each is there before the eye. */
let fetching = 0;
async function ahead() {
  if (fetching >= 3) return;
  fetching += 1;
  if (fetching < 3) ahead();
  for (let next; (next = wanted()) && navigator.onLine;) await fetchPane(next);
  fetching -= 1;
}
function wanted() {
  const all = rows(), place = all.indexOf(current());
  return all.slice(Math.max(0, place - 1), place + AHEAD).find(row => row !== current() && !coming.has(row) && !row.dataset.failed && !panes.has(row));
}

/** What the digits press: each topic has its own. Only while a date is in doubt the first ones answer that, until it is left as it is. */
const left = new Set(); // items whose question was left
const choices = () => left.has(current()?.dataset.id) ? [] : $$("[data-choice]", view);
const numbered = () => { const first = choices(); return [...first, ...$$(".chip input", view).slice(first.length, 9)]; };

function number() {
  for (const cap of $$(".key", view)) { delete cap.dataset.digit; cap.textContent = ""; }
  numbered().forEach((one, place) => { $(".key", one.closest(".chip") || one).dataset.digit = place + 1; });
  for (const button of $$("[data-leave-it]", view)) button.hidden = !choices().length;
  label(view);
}

/** Leave the question as it is: the digits are the topics' again. */
function leaveIt() {
  if (!choices().length) return;
  left.add(current().dataset.id);
  if (document.activeElement.matches("[data-leave-it]")) $(".paper", view).focus({ preventScroll: true });
  number();
  live.textContent = "Left as it is. The digits choose topics."; // nothing was done that could be undone: no toast
}

/** Make a pane that was just put into place ours: what needs a script is shown, keys and digits stand on their buttons. */
function ready(row) {
  for (const element of $$("[data-script], [data-help], [data-dates]", view)) element.hidden = false;
  for (const [step, there] of [[-1, row.previousElementSibling], [1, row.nextElementSibling]])
    for (const link of $$(`[data-move="${step}"]`, view)) link.hidden = !there;
  $$(".menu kbd", view).forEach((cap, place) => { cap.dataset.digit = place + 1; });
  number();
  explain();
  arrived();
}

function move(step) {
  const all = rows(), row = all[all.indexOf(current()) + step];
  if (!row) return;
  if (!toast.classList.contains("bad")) toast.hidden = true;
  show(row);
}

const add = (name, step) => { for (const element of $$(`[data-count="${name}"]`)) element.textContent = Number(element.textContent.replaceAll(",", "")) + step; };

function count(verdict, step) {
  const lane = list.dataset.lane;
  add(lane === "audit" ? "audited" : lane, lane === "audit" ? step : -step);
  if (verdict === "reopen") { add("ranked", step); return; }
  for (const name of [verdict, "all", "sat"]) add(name, step);
  if (verdict === "accept") add("sat-kept", step);
  let x = 0;
  for (const key of ["accept", "reject", "defer"]) {
    const bar = $(`[data-bar="${key}"]`), width = Number($(`[data-count="${key}"]`).textContent);
    bar.setAttribute("x", x);
    bar.setAttribute("width", width);
    x += width;
  }
}

/** Take a row out of the list and open the one after it, which is given back: it comes before the eye when all else has changed. */
function away(row, verdict) {
  const all = rows(), next = all[all.indexOf(row) + 1] || all[all.indexOf(row) - 1], place = { row, after: row.previousElementSibling, verdict };
  const was = row === current();
  if (was) open(next);
  row.remove();
  gone.set(row.dataset.id, place);
  panes.delete([...gone.values()].at(-BACK)?.row); // what was decided long ago is fetched anew where it comes back
  if (verdict) count(verdict, 1);
  return was && next;
}

function decide(sent, button) {
  const row = current(), [verdict, want, said] = ACTS[{ reason: "reject", until: "defer" }[button.name] || button.value];
  const body = new URLSearchParams(new FormData(sent, button)).toString();
  for (const menu of $$(".decide details[open]", sent)) menu.removeAttribute("open");
  line.add({ address: sent.getAttribute("action"), body, item: row.dataset.id, verdict, want, title: title(row) });
  const next = away(row, verdict);
  say(`${said}: ${title(row)}`);
  look(next);
}

function back(id) {
  const place = gone.get(id);
  if (!place) return null;
  gone.delete(id);
  if (place.after?.isConnected) place.after.after(place.row); else list.prepend(place.row);
  if (place.verdict) count(place.verdict, -1);
  return place.row;
}

let before = 0;
function undo() {
  const entry = line.withdraw();
  if (entry && !entry.verdict) { say("Not sent, and not done."); return; }
  if (entry) { show(back(entry.item)); say(`Taken back before it was sent: ${entry.title}`); return; }
  const body = new URLSearchParams(new FormData($("#undo")));
  if (before) body.set("before", before); // the last act cannot be taken back any more: the one before it
  line.add({ address: "/desk/undo", body: body.toString(), kind: "undo", once: true });
}

/** Send what changes an item but decides nothing; the pane is read anew afterwards. */
function behind(sent, button) {
  const row = current(), address = button?.getAttribute("formaction") || sent.getAttribute("action");
  const go = Boolean(button?.matches("[data-go]") || sent.matches("[data-go]"));
  if (go) look(away(row, ""));
  line.add({ address, body: new URLSearchParams(new FormData(sent, button)).toString(), item: row.dataset.id, kind: "behind", once: true, go });
  if (address.endsWith("/remark")) for (const field of $$("[name=remark]", sent)) field.value = "";
}

line.on.done = async (entry, told) => {
  if (entry.kind === "undo") {
    before = 0;
    const row = told.item && back(String(told.item));
    say(told.said);
    if (row) show(row); else if (told.item) location.assign(`/desk/queue?item=${told.item}`); else await refresh();
  } else if (entry.kind === "behind") { say(told.said); if (!entry.go) await refresh(); }
  else offer(entry.item, told);
};

line.on.refused = (entry, told) => {
  const said = [told.error, told.hint].filter(Boolean).join(" "), empty = !current();
  if (entry.kind === "undo") before = told.before || 0;
  const row = entry.item && back(entry.item);
  if (row) conflict(row, said, told);
  if (row && empty) show(row);
  say(`${row ? title(row) : entry.title || "Not done"}: ${said}`, true);
};

/** Say in the item's own pane what came between, so that a second decision is a knowing one. */
function conflict(row, said, told) {
  const place = row === current() ? view : panes.get(row), note = document.createElement("p");
  row.classList.add("contested");
  if (!place || !$(".paper", place)) return;
  for (const old of $$(".conflict", place)) old.remove();
  note.className = "note warn conflict";
  note.setAttribute("role", "alert");
  note.textContent = said;
  $(".paper", place).prepend(note);
  for (const name of ["state", "mark"]) for (const field of told[name] ? $$(`[name=${name}]`, place) : []) field.value = told[name];
}

line.on.waiting = number => {
  unsent.hidden = !number;
  unsent.textContent = `${number} waiting to be sent`;
  if (number || !gone.size || rows().length || further()) return;
  const here = new URL(list.dataset.here, location.href);
  if ([...gone.values()].at(-1).verdict) here.searchParams.set("did", [...gone.keys()].at(-1)); // it is told there, too
  location.assign(here);
};

/** Read a page, and take over the numbers on it that are news. */
async function news(address) {
  const page = await read(address);
  for (const fresh of $$("[data-news]", page)) for (const old of $$(`[data-news="${fresh.dataset.news}"]`)) old.textContent = fresh.textContent;
  return page;
}

/** Fetch the next rows before the list ends. Gives whether some are on their way. */
let more = false;
function further() {
  const link = $(".older"), all = rows();
  if (link) link.hidden = true; // the rows come by themselves
  if (!link || more || all.length - all.indexOf(current()) > NEAR) return more;
  more = true;
  news(link.href).then(page => {
    const known = new Set(rows().map(row => row.dataset.id)), fresh = $$(".row", page).filter(row => !known.has(row.dataset.id) && !gone.has(row.dataset.id));
    list.append(...fresh.map(row => whole(row, page)));
    const next = $(".older", page)?.href || (fresh.length && list.dataset.here); // at the end from the top: what has moved up since comes, too
    if (next) link.href = next; else link.remove();
    if (!current() && rows().length) show(rows()[0]); else if (current()) ready(current());
  }).catch(() => { link.hidden = false; }).finally(() => { more = false; });
  return true;
}

/** Take a row from another page; where its own item stood open there, its pane goes into the row. */
function whole(fresh, page) {
  const row = document.adoptNode(fresh);
  if (row.hasAttribute("aria-current")) panes.set(row, packed($("#view", page)));
  row.removeAttribute("aria-current");
  return row;
}

async function refresh() {
  const row = current(), chosen = row?.dataset.id || "", here = list.dataset.here, shown = new Map(rows().map(one => [one.dataset.id, one]));
  const page = await news(`${here}${here.includes("?") ? "&" : "?"}item=${chosen}`).catch(error => say(error.message, true));
  if (!page) return;
  for (const fresh of $$(".row", page)) {
    if (gone.has(fresh.dataset.id)) continue; // decided meanwhile
    const old = shown.get(fresh.dataset.id);
    if (old) $(".lead", old).replaceWith(document.adoptNode($(".lead", fresh)));
    if (old && fresh.dataset.id === chosen && current() === row) renew(row, page, fresh);
    list.append(old || whole(fresh, page));
    shown.delete(fresh.dataset.id);
  }
  for (const rest of shown.values()) if (rest.isConnected) list.append(rest); // of further pages
  current()?.scrollIntoView({ block: "nearest" });
}

function renew(row, page, fresh) {
  const focus = document.activeElement, top = $(".paper", view)?.scrollTop || 0;
  const again = view.contains(focus) && (focus.dataset.act ? `[data-act="${focus.dataset.act}"]` : focus.name && `[name="${focus.name}"]`);
  const typed = $$("textarea, input:not([type=hidden], [type=checkbox], [type=radio])", view).filter(one => one.value !== one.defaultValue);
  $(".meta", row).replaceWith(document.adoptNode($(".meta", fresh)));
  view.replaceChildren(...$("#view", page).childNodes);
  for (const { name, value } of typed) { // what is typed and not kept yet stays
    const field = name && $(`[name="${name}"]`, view);
    if (!field) continue;
    field.value = value;
    if (value !== field.defaultValue) field.closest("details")?.setAttribute("open", "");
  }
  ready(row);
  $(".paper", view).scrollTop = top;
  if (again) $(again, view)?.focus({ preventScroll: true });
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
    if (!place.childElementCount) place.append(...document.adoptNode($("#why", page)).childNodes);
  } catch (error) { place.textContent = error.message; }
}

pane.isComing = () => Boolean(current()) && !form();
acts.next = () => move(1);
acts.previous = () => move(-1);
acts.undo = () => { if ($("[form=undo]")) undo(); };
demote.addEventListener("click", () => {
  line.add({ address: `/desk/items/${demote.value}/steer`, body: "steer=less", kind: "behind", once: true });
  demote.hidden = true;
});
acts.digits = place => {
  const menu = $(".decide details[open]", view);
  (menu ? $$(".menu button", menu)[place] : numbered()[place])?.click();
};

addEventListener("keydown", event => {
  if (event.key === "Escape" && $(".decide details[open]", view)) close();
  else if (event.key === "Escape" && !event.target.closest("dialog, details, input:not([type=checkbox])")) leaveIt();
  if (!event.key.startsWith("Arrow") || !list.contains(event.target) || !/Up|Down/.test(event.key)) return;
  move(event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
});

const close = inside => { for (const menu of $$(".decide details[open]", view)) if (!inside || !menu.contains(inside)) menu.removeAttribute("open"); };
document.addEventListener("toggle", event => {
  const menu = event.target;
  if (menu.open && menu.matches(".decide details")) { close(menu); $("button", menu).focus(); }
}, true);

document.addEventListener("click", event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const moving = event.target.closest("[data-move]"), link = event.target.closest(".row h3 a");
  if (event.target.closest("[data-dates]")) { const edit = $("[data-edit]", view); edit.dataset.first = "start_day"; edit.open = true; }
  else if (event.target.closest("[data-leave-it]")) leaveIt();
  else if (event.target.closest("[data-why]")) { event.preventDefault(); explaining = !explaining; explain(); }
  else if (moving) { event.preventDefault(); move(Number(moving.dataset.move)); }
  else if (link) { event.preventDefault(); show(link.closest(".row")); }
  else close(event.target);
});

document.addEventListener("submit", event => {
  const sent = event.target, button = event.submitter;
  if (event.defaultPrevented) return;
  if (sent.id === "undo") { event.preventDefault(); undo(); }
  else if (button?.matches("[data-behind]") || sent.matches("[data-behind]")) { event.preventDefault(); behind(sent, button); }
  else if (sent.matches("form.one") && !button?.hasAttribute("formaction") && ["verdict", "reason", "until"].includes(button?.name)) { event.preventDefault(); decide(sent, button); }
});

// What was decided here and not sent before the page was loaded again is gone from the list, and goes now.
for (const entry of line.waiting()) {
  const row = entry.verdict && rows().find(one => one.dataset.id === entry.item);
  if (row) look(away(row, entry.verdict));
}
if (current() && form()) { ready(current()); further(); ahead(); }
line.run();
if (current()) document.dispatchEvent(new CustomEvent("opened", { detail: current().dataset.id }));
