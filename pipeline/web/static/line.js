// The line to the desk. What is to be sent is kept in the browser until the desk has answered: a bad line or a reload loses nothing, and
// all of it arrives in the order in which it was done. What must not arrive twice (`once`) is not sent again where its answer was lost.
import { kept, later } from "./keys.js";

const AGAIN = 4000, ALONE = 60_000; // ms: until the next try; until what another window left behind is ours to send
const person = document.body.dataset.person || "", start = `line/${encodeURIComponent(person)}/`;
let tab = Math.random().toString(36).slice(2), made = 0, under = "", running = false, away = false, timer = 0;
try { tab = sessionStorage.getItem("tab") || tab; sessionStorage.setItem("tab", tab); } catch { /* a reload is then another window */ }
export const on = { done() {}, refused() {}, waiting() {} };

const read = name => { try { return JSON.parse(kept.get(name)); } catch { return null; } };
const left = name => Date.now() - Number(name.slice(start.length).split("-")[0]) > ALONE && !read(name)?.once;
const names = () => kept.names(start).filter(name => name.endsWith(`-${tab}`) || left(name));

/** What waits to be sent, the first at the head. */
export const waiting = () => names().map(name => ({ name, ...read(name) }));

export function add(entry) {
  const name = `${start}${String(Date.now()).padStart(15, "0")}-${String(made++).padStart(6, "0")}-${tab}`;
  kept.set(name, JSON.stringify(entry));
  if (away) on.waiting(names().length);
  later(run);
}

/** Take back the last that was not sent yet; `null` where there is none. */
export function withdraw() {
  const name = names().at(-1);
  if (!name || name === under) return null;
  const entry = read(name);
  kept.drop(name);
  on.waiting(away ? names().length : 0);
  return entry;
}

async function send(entry) {
  if (!navigator.onLine) return null;
  const body = new URLSearchParams(entry.body), token = document.querySelector("[name=token]")?.value;
  if (token) body.set("token", token); // a page that was loaded again may have another one
  try {
    const answer = await fetch(entry.address, { method: "POST", keepalive: true, headers: { Accept: "application/json" }, body, signal: AbortSignal.timeout(20_000) });
    if ([401, 429, 502, 503, 504].includes(answer.status) && !entry.once) return null;
    const told = await answer.json().catch(() => null);
    if (!told && !entry.once) return null; // somebody between us and the desk answered, or it asks for a sign-in
    return { ok: answer.ok && Boolean(told), told: told || { error: "The desk gave no answer that we understand.", hint: "Load the page again." } };
  } catch {
    return entry.once ? { ok: false, told: { error: "The line broke: it is not known whether this arrived.", hint: "The log tells." } } : null;
  }
}

export async function run() {
  if (running) return;
  running = true;
  clearTimeout(timer);
  for (under = names()[0]; under; under = names()[0]) {
    const entry = read(under), answer = entry && await send(entry);
    if (entry && !answer) { away = true; timer = setTimeout(run, AGAIN); break; }
    kept.drop(under);
    away = false;
    if (!entry) continue;
    const same = entry.want && answer.told.by === person && answer.told.state === entry.want; // it had arrived, only its answer had not
    (answer.ok || same ? on.done : on.refused)(entry, answer.told);
  }
  under = "";
  running = false;
  on.waiting(away ? names().length : 0);
}

addEventListener("online", run);
