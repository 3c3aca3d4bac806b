// The board of the edition builder. Every move is a form that works without this file; here they go behind the page, cards are dragged by their
// handles or by the keyboard, and the page is read anew after each step, so that what is seen is what the desk keeps.
import { $, $$, post, read } from "./keys.js";

const live = $("#live"), failed = $("#failed"), letter = $("#letter"), saved = $("#saved"), here = location.pathname;
const marker = Object.assign(document.createElement("li"), { className: "landing", ariaHidden: "true" });
let held = null;     // the card that was taken by the keyboard: where it came from
let drag = null;     // the card under the pointer
let unsaved = false; // words of the letter that the desk has not
let timer = 0;
let sending = Promise.resolve();

const cards = list => $$(".card", list);
const say = words => { live.textContent = ""; requestAnimationFrame(() => { live.textContent = words; }); };
const arm = () => { for (const element of $$(".grip, .keys")) element.hidden = false; };
const grip = (id, options) => { const found = $(`#${id} .grip`); found?.focus(options); return found; };
function fail(words) { failed.textContent = words; failed.hidden = !words; if (words) failed.scrollIntoView({ block: "nearest" }); }

/** The page as the desk has it now takes the place of this one, but for the letter that is being written. */
async function refresh(focus) {
  const page = await read(here), writing = letter?.closest("details"), typing = writing?.contains(document.activeElement) && document.activeElement;
  for (const id of ["board", "beside", "stand"]) {
    const fresh = document.adoptNode($(`#${id}`, page));
    if (id === "board" && writing) $(".letter-box", fresh)?.replaceWith(writing);
    $(`#${id}`).replaceWith(fresh);
  }
  $(".state .mute").textContent = $(".state .mute", page).textContent;
  arm();
  if (focus) focus(); else if (typing) typing.focus({ preventScroll: true }); // what is moved loses the keys that come next
}

function send(address, body, focus) {
  sending = sending.then(async () => {
    body.set("version", $("#stand").dataset.version);
    try {
      const told = await post(address, body);
      fail("");
      await refresh(focus);
      say(told.said);
    } catch (error) {
      await refresh(focus).catch(() => {});
      fail(error.message);
    }
  });
}

document.addEventListener("submit", event => {
  const form = event.target, button = event.submitter, card = form.closest(".card, .out"), label = button?.ariaLabel;
  if (form !== letter && !form.matches("[data-step]")) return;
  event.preventDefault();
  if (form === letter) { save(); return; }
  const beside = card?.nextElementSibling || card?.previousElementSibling;
  send(button?.getAttribute("formaction") || form.getAttribute("action"), new FormData(form, button), () => {
    const same = label && $$("button").find(one => one.ariaLabel === label && !one.disabled), quiet = { preventScroll: true };
    if (same) same.focus(quiet); else if (!grip(card?.id, quiet) && !grip(beside?.id, quiet)) $("#stand button")?.focus(quiet);
  });
});

/** A card was put down: tell the desk where, unless it stands where it stood. */
function land(card, stays) {
  if (stays) { say(`Left where it was: ${card.dataset.title}.`); return; }
  const list = card.parentElement, body = new FormData();
  body.set("token", $("input[name=token]").value);
  body.set("item", card.dataset.item);
  body.set("section", list.closest(".part").dataset.section);
  body.set("at", cards(list).indexOf(card));
  send(`${here}/place`, body, () => grip(card.id, { preventScroll: true }));
}

// By the keyboard: a card is taken, carried by the arrows, and put down.

function where(card) {
  const all = cards(card.parentElement);
  return `${card.closest(".part").dataset.title}, place ${all.indexOf(card) + 1} of ${all.length}`;
}

function hold(card) {
  const was = held;
  held = card && { card, list: card.parentElement, after: card.previousElementSibling };
  const shown = card || was.card;
  shown.classList.toggle("held", Boolean(card));
  $(".grip", shown).ariaPressed = String(Boolean(card));
  if (card) say(`Taken: ${card.dataset.title}. ${where(card)}. Arrow keys move it.`);
  return was;
}

function drop(back = false) {
  const { card, list, after } = hold(null);
  if (back) { if (after) after.after(card); else list.prepend(card); $(".grip", card).focus(); }
  land(card, card.parentElement === list && card.previousElementSibling === after);
}

function carry(card, key) {
  const parts = $$(".part[data-free]"), at = parts.indexOf(card.closest(".part")), down = key === "ArrowDown" || key === "ArrowRight";
  const next = key === "ArrowUp" ? card.previousElementSibling : key === "ArrowDown" && card.nextElementSibling, beside = parts[at + (down ? 1 : -1)];
  if (next) next[down ? "after" : "before"](card);
  else if (!beside) { say(`${where(card)}. There is nothing further.`); return; }
  else $(".cards", beside)[key === "ArrowUp" ? "append" : "prepend"](card);
  card.scrollIntoView({ block: "nearest" });
  $(".grip", card).focus({ preventScroll: true });
  say(where(card));
}

document.addEventListener("keydown", event => {
  const { key } = event, card = event.target.closest(".grip")?.closest(".card"), across = key.startsWith("Arrow");
  if (key === "Escape" && drag) end(false);
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === " " || key === "Enter") { if (held) drop(); else hold(card); }
  else if (key === "Escape" && held) drop(true);
  else if (held && across) carry(card, key);
  else if (key === "ArrowUp" || key === "ArrowDown") {
    const all = $$(".card[data-free]"), to = all[all.indexOf(card) + (key === "ArrowDown" ? 1 : -1)];
    if (to) $(".grip", to).focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
});
document.addEventListener("focusout", event => { if (held && event.relatedTarget && !held.card.contains(event.relatedTarget)) drop(true); });

// By the pointer: a line shows where the card would land.

document.addEventListener("pointerdown", event => {
  const handle = event.target.closest(".grip");
  if (!handle || event.button || !event.isPrimary) return;
  if (held) drop(true);
  drag = { card: handle.closest(".card"), x: event.clientX, y: event.clientY, moved: false };
  event.preventDefault(); // no selection of text
  handle.focus({ preventScroll: true });
});

document.addEventListener("pointermove", event => {
  if (!drag || !event.isPrimary || (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 5)) return;
  drag.moved = true;
  drag.card.classList.add("lifted");
  document.body.classList.add("dragging");
  const part = document.elementFromPoint(event.clientX, event.clientY)?.closest(".part[data-free]");
  for (const one of $$(".part")) one.classList.toggle("over", one === part);
  if (!part) { marker.remove(); return; }
  const before = cards(part).find(one => { const box = one.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; });
  if (before) before.before(marker); else $(".cards", part).append(marker);
  const edge = 70;
  if (event.clientY < edge) scrollBy(0, -18); else if (event.clientY > innerHeight - edge) scrollBy(0, 18);
});

function end(dropped) {
  if (!drag) return;
  const { card, moved } = drag, stays = !dropped || !marker.isConnected || marker.previousElementSibling === card || marker.nextElementSibling === card;
  drag = null;
  card.classList.remove("lifted");
  document.body.classList.remove("dragging");
  for (const one of $$(".part.over")) one.classList.remove("over");
  if (stays) marker.remove(); else marker.replaceWith(card);
  if (moved) land(card, stays);
}
document.addEventListener("pointerup", () => end(true));
document.addEventListener("pointercancel", () => end(false));

// The letter saves itself a moment after the last word, and shows what readers get.

function save() {
  clearTimeout(timer);
  if (!unsaved) { saved.textContent = "Nothing to save."; return; }
  unsaved = false;
  saved.textContent = "Saving …";
  sending = sending.then(async () => {
    try {
      const done = await post(letter.action, new FormData(letter));
      letter.elements.stood.value = done.stood;
      $("#stand").dataset.version = done.version;
      saved.textContent = "Saved.";
      await refresh();
    } catch (error) { unsaved = true; saved.textContent = error.message; }
  });
}

async function preview() {
  const body = new FormData(letter);
  body.delete("stood");
  const page = await read(`${here}/preview`, { method: "POST", body: new URLSearchParams(body) }).catch(() => null);
  if (page) $("#letter-preview").replaceChildren(...document.adoptNode(page.body).childNodes);
}

letter?.elements.letter.addEventListener("input", () => {
  unsaved = true;
  clearTimeout(timer);
  timer = setTimeout(() => { save(); preview(); }, 900);
});
letter?.elements.letter.addEventListener("blur", () => { if (unsaved) save(); });
addEventListener("beforeunload", event => { if (unsaved) event.preventDefault(); });

arm();
