// The keys of every page of the desk. A key presses a button or link that can be seen (`data-act`), so all of it works without this file.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Send a form behind the page; gives what the desk says, and throws its sentence where it refuses. */
export async function post(address, form) {
  const sent = fetch(address, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(form) });
  const answer = await sent.catch(() => { throw new Error("The desk does not answer. Nothing was changed."); });
  const told = await answer.json().catch(() => ({ error: "The desk gave no answer that we understand." }));
  if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
  return told;
}

/** Read a page of the desk without going there. What is parsed so runs nothing. */
export async function read(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error("The desk does not show this now. Load the page again.");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Do what nobody waits for once the frame has been painted; in a page that is not seen, soon. */
export const later = work => setTimeout(work, document.hidden ? 0 : 32);

/** What the browser keeps for the desk; where storage is switched off, for this page only. */
const memory = new Map();
const tell = name => `desk/${name}`;
export const kept = {
  get(name) { try { return localStorage.getItem(tell(name)) ?? memory.get(name) ?? null; } catch { return memory.get(name) ?? null; } },
  set(name, value) { memory.delete(name); try { localStorage.setItem(tell(name), value); } catch { memory.set(name, value); } },
  drop(name) { memory.delete(name); try { localStorage.removeItem(tell(name)); } catch { /* it was in memory only */ } },
  names(start) {
    let found = [];
    try { found = Object.keys(localStorage).filter(name => name.startsWith(tell(start))).map(name => name.slice(5)); } catch { /* in memory only */ }
    return [...found, ...[...memory.keys()].filter(name => name.startsWith(start))].sort();
  },
};

const body = document.body, help = $("#help"), single = $("#single");
const given = JSON.parse(body.dataset.keys || "{}");
let keys = given;
/** Acts that a page does itself instead of pressing their button. */
export const acts = {};

function own() {
  const mine = body.dataset.keysIn === "browser" && kept.get("keys");
  try { keys = mine ? { ...given, ...JSON.parse(mine) } : given; } catch { keys = given; }
}

const ENTER = "↵"; // how the settings write that key
const one = stroke => /^[A-Z]$/.test(stroke) ? `⇧${stroke}` : stroke === "-" ? "−" : stroke.toUpperCase();
const sign = key => key.split(" ").map(one).join(" ");

/** Write the person's own keys onto the buttons, also of what came later. */
export function label(root = document) {
  for (const button of $$("[data-act]", root)) {
    const key = keys[button.dataset.act], cap = button.matches("input") ? $("kbd", button.parentElement) : $("kbd", button);
    if (!cap || key === undefined) continue;
    cap.hidden = !key || !single.checked;
    cap.textContent = sign(key);
  }
  for (const cap of $$("[data-digit]", root)) cap.textContent = single.checked && keys.digits[cap.dataset.digit - 1] || "";
  for (const cap of $$("[data-keyed]", root)) cap.textContent = cap.dataset.keyed === "digits" ? [...keys.digits].join(" ") || "off" : sign(keys[cap.dataset.keyed] || "off");
}

const seen = (root, name) => name && root && $$(`[data-act="${name}"], [data-${name}]`, root).find(element => element.checkVisibility());
const offered = name => seen($("#view"), name) || seen(document, name);
export function press(name) {
  if (acts[name]) { acts[name](); return; }
  const target = offered(name) || (name === "fold" && seen(document, "unfold"));
  if (!target) return;
  if (target.matches("input, select")) { target.focus(); target.select?.(); } else (target.matches("details") ? $("summary", target) : target).click();
}

/** A page whose scripts or buttons are still on their way holds what is pressed until they are there, in its order. */
export const pane = { isComing: () => false };
const held = [], MOVES = ["next", "previous", "search", "keys"];
let scripts = document.readyState === "complete"; // all of a page have run when its content is told to be loaded
addEventListener("DOMContentLoaded", () => { scripts = true; if (!pane.isComing()) arrived(); });
function strike(act) {
  if (!scripts || (pane.isComing() && (held.length || !MOVES.includes(act)))) held.push(act);
  else if (typeof act === "number") acts.digits(act);
  else press(act);
}
/** Do what was held, or forget it where the buttons cannot come. */
export function arrived(there = true) {
  for (const act of held.splice(0)) if (there) strike(act);
}

function named(stroke) {
  const find = wanted => Object.keys(keys).find(name => name !== "digits" && keys[name] === wanted);
  return find(stroke) || find(stroke.toLowerCase()); // Caps Lock, or Shift where only the small letter means something
}

const inText = target => target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
/** Whether Enter has a meaning of its own there; the link of the item that is open already has none. */
const presses = target => target.closest("a, button, summary, select, input, label") && !target.closest(".row[aria-current] h3 a");
let before = "", since = 0;
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("dialog[open]") || inText(event.target)) return;
  const key = event.key === "Enter" ? ENTER : event.key;
  if (key.length !== 1 || key === " " || !single.checked) return; // WCAG 2.1.4: they can be switched off
  if (key === ENTER && (event.repeat || presses(event.target) || !offered(named(ENTER)))) return;
  const stroke = before && event.timeStamp - since < 1500 ? `${before} ${key}` : key, digit = keys.digits.indexOf(key);
  before = "";
  if (digit >= 0 && acts.digits) strike(digit);
  else if (named(stroke)) strike(named(stroke));
  else if (Object.values(keys).some(key => key.startsWith(`${stroke} `))) { before = stroke; since = event.timeStamp; }
  else return;
  event.preventDefault();
});

const shut = inside => { for (const menu of $$(".drop[open]")) if (!inside || !menu.contains(inside)) menu.removeAttribute("open"); };
document.addEventListener("click", event => {
  shut(event.target);
  if (event.target.closest("[data-act=keys], [data-help]")) { event.preventDefault(); shut(); help.showModal(); }
});
addEventListener("keydown", event => {
  const menu = event.key === "Escape" && $(".drop[open]");
  if (menu) { shut(); $("summary", menu).focus(); }
});
acts.keys = () => help.showModal();
acts.queue = () => location.assign("/desk/queue");
acts.draft = () => location.assign("/desk/editions/draft");
const sift = $(".sift");
if (sift && matchMedia("(max-width: 1180px)").matches) sift.open = false;
$(".close", help).addEventListener("click", () => help.close());
single.checked = kept.get("single") !== "off";
single.addEventListener("change", () => { kept.set("single", single.checked ? "on" : "off"); label(); });

// The page of the keys: without accounts the desk judges them and this browser keeps them.
const mine = $("#my-keys");
if (mine) {
  for (const field of $$("[name^=key-]", mine)) {
    const off = $("[type=checkbox]", field.parentElement);
    field.addEventListener("input", () => { off.checked = !field.value.trim(); });
    off.addEventListener("change", () => { field.value = off.checked ? "" : field.dataset.usual; });
  }
  if (mine.matches("[data-browser]")) mine.addEventListener("submit", async event => {
    event.preventDefault();
    const told = $("#told"), answer = await post(mine.action, new FormData(mine, event.submitter)).catch(error => ({ wrong: error.message }));
    if (answer.keys) { kept.set("keys", JSON.stringify(answer.keys)); own(); fill(); label(); }
    told.textContent = answer.wrong || answer.said;
    told.classList.toggle("warn", Boolean(answer.wrong));
    told.hidden = false;
    told.focus();
  });
}
function fill() {
  for (const field of $$("[name^=key-]", mine)) {
    field.value = keys[field.name.slice(4)];
    $("[type=checkbox]", field.parentElement).checked = !field.value;
  }
}

own();
if (mine?.matches("[data-browser]")) fill();
label();
for (const element of $$("[data-script], [data-help]")) element.hidden = false;
