// Who else sits here: tells the desk which item is open, and shows what it answers on the rows and in the header.
import { $, $$, post } from "./keys.js";

const EVERY = 10_000, AFTER = 700; // ms: a beat; how long an item is looked at before anybody is told
const here = $("#here"), list = $(".items");
let open = "", timer = 0;

const initials = name => name.split(/\s+/).map(part => part[0]).join("").slice(0, 2).toUpperCase();

function tag(item, kind, words) {
  const place = $(`.row[data-id="${item}"] [data-${kind}]`, list);
  if (!place) return;
  place.textContent = words;
  place.hidden = !words;
}

function show(told) {
  for (const place of $$("[data-reading]", list)) place.hidden = true;
  const who = Map.groupBy(told.readings || [], one => one.item);
  for (const [item, all] of who) tag(item, "reading", `${all.map(one => one.by).join(", ")} ${all.length > 1 ? "are" : "is"} reading`);
  const reads = $("#view [data-reads]"), others = who.get(Number(open)) || [];
  if (reads) { reads.hidden = !others.length; reads.textContent = `${others.map(one => one.by).join(", ")} ${others.length > 1 ? "are" : "is"} reading this`; }
  for (const one of told.decided || []) tag(one.item, "decided", one.said);
  const names = [...new Set(told.here || [])];
  for (const old of $$(".av:not(.me)", here)) old.remove();
  for (const name of names.slice(0, 4).reverse()) {
    const face = document.createElement("span");
    face.className = `av n${[...name].reduce((sum, sign) => sum + sign.codePointAt(0), 0) % 3}`;
    face.textContent = initials(name);
    face.title = name;
    here.prepend(face);
  }
  here.setAttribute("aria-label", names.length ? `Here now: ${names.join(", ")} and you` : "You");
}

async function beat() {
  clearTimeout(timer);
  timer = setTimeout(beat, EVERY);
  if (!open || document.hidden || !navigator.onLine) return;
  const items = $$(".row", list).slice(0, 200).map(row => row.dataset.id).join(",");
  try {
    show(await post(`/desk/items/${open}/reading`, { token: $("[name=token]").value, items }));
  } catch { /* the next beat tells */ }
}

document.addEventListener("opened", event => { open = event.detail; clearTimeout(timer); timer = setTimeout(beat, AFTER); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
