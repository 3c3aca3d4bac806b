"use strict";
// The board of the edition builder. Every move is a form that works without this file; here they go behind the page, cards are dragged by their
// handles or by the keyboard, and the page is read anew after each step, so that what is seen is what the desk keeps.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const live = $("#live"), failed = $("#failed"), here = location.pathname;
  const board = () => $("#board"), version = () => $("#stand").dataset.version;
  let held = null;      // the card that is taken: where it came from
  let sending = Promise.resolve();
  let unsaved = false;  // words of the letter that the desk has not

  const say = words => { live.textContent = ""; requestAnimationFrame(() => { live.textContent = words; }); };
  function fail(words) { failed.textContent = words; failed.hidden = !words; if (words) failed.scrollIntoView({ block: "nearest" }); }
  const arm = () => $$(".grip, .keys").forEach(element => { element.hidden = false; });
  const cards = list => $$(".card", list);
  const free = () => $$(".part[data-free]");

  async function post(address, body) {
    let answer;
    try {
      answer = await fetch(address, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(body) });
    } catch {
      throw new Error("The desk does not answer. Nothing was kept of this; try again.");
    }
    const told = await answer.json().catch(() => ({ error: "The desk gave no answer that we understand." }));
    if (!answer.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
    return told;
  }

  // The page as the desk has it now takes the place of this one, but for the letter that is being written.
  async function refresh(focus) {
    const answer = await fetch(here);
    if (!answer.ok) throw new Error("The desk does not show this draft any more. Load the page again.");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const writing = $("#letter")?.closest("details");
    for (const id of ["board", "beside", "stand"]) {
      const fresh = document.adoptNode($(`#${id}`, page));
      if (id === "board" && writing) $(".letter-box", fresh)?.replaceWith(writing);
      $(`#${id}`).replaceWith(fresh);
    }
    $(".state .mute").textContent = $(".state .mute", page).textContent;
    arm();
    focus?.();
  }

  function send(address, body, focus) {
    sending = sending.then(async () => {
      body.set("version", version());
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
    return sending;
  }

  // ---------------------------------------------------------------- forms

  document.addEventListener("submit", event => {
    if (event.target.id === "letter") { event.preventDefault(); save(); return; }
    if (!event.target.matches("[data-step]")) return;
    event.preventDefault();
    const button = event.submitter, label = button?.getAttribute("aria-label");
    const item = event.target.closest(".card, .out")?.id, after = next(event.target.closest(".card, .out"));
    send(button?.getAttribute("formaction") || event.target.getAttribute("action"), new FormData(event.target, button), () => {
      const same = label && $$("button").find(one => one.getAttribute("aria-label") === label && !one.disabled);
      (same || $(`#${item} .grip`) || $(`#${after} .grip`) || $("#stand button"))?.focus({ preventScroll: true });
    });
  });
  const next = card => (card?.nextElementSibling || card?.previousElementSibling)?.id || "none";

  function place(card) {
    const list = card.parentElement, section = list.closest(".part").dataset.section, id = card.id;
    const body = new FormData();
    body.set("token", $("input[name=token]").value);
    body.set("item", card.dataset.item);
    body.set("section", section);
    body.set("at", cards(list).indexOf(card));
    return send(`${here}/place`, body, () => $(`#${id} .grip`)?.focus({ preventScroll: true }));
  }

  // ---------------------------------------------------------------- keyboard

  function take(card) {
    held = { card, list: card.parentElement, after: card.previousElementSibling };
    card.classList.add("held");
    $(".grip", card).setAttribute("aria-pressed", "true");
    say(`Taken: ${card.dataset.title}. ${where(card)}. Arrow keys move it.`);
  }

  function where(card) {
    const list = card.parentElement, all = cards(list);
    return `${list.closest(".part").dataset.title}, place ${all.indexOf(card) + 1} of ${all.length}`;
  }

  function release() {
    held.card.classList.remove("held");
    $(".grip", held.card).setAttribute("aria-pressed", "false");
    const was = held;
    held = null;
    return was;
  }

  function drop() {
    const { card, list, after } = release();
    if (card.parentElement === list && card.previousElementSibling === after) say(`Left where it was: ${card.dataset.title}.`);
    else place(card);
  }

  function cancel() {
    const { card, list, after } = release();
    if (after) after.after(card); else list.prepend(card);
    $(".grip", card).focus();
    say(`Left where it was: ${card.dataset.title}.`);
  }

  function carry(card, key) {
    const list = card.parentElement, parts = free(), part = list.closest(".part"), at = parts.indexOf(part);
    const beside = key === "ArrowDown" || key === "ArrowRight" ? parts[at + 1] : parts[at - 1];
    if (key === "ArrowUp" && card.previousElementSibling) card.previousElementSibling.before(card);
    else if (key === "ArrowDown" && card.nextElementSibling) card.nextElementSibling.after(card);
    else if (!beside) { say(`${where(card)}. There is nothing further.`); return; }
    else if (key === "ArrowUp") $(".cards", beside).append(card);
    else $(".cards", beside).prepend(card);
    card.scrollIntoView({ block: "nearest" });
    $(".grip", card).focus({ preventScroll: true });
    say(where(card));
  }

  function step(card, key) {
    const all = $$(".card[data-free]"), to = all[all.indexOf(card) + (key === "ArrowDown" ? 1 : -1)];
    if (to) $(".grip", to).focus();
  }

  document.addEventListener("keydown", event => {
    const grip = event.target.closest(".grip");
    if (!grip || event.ctrlKey || event.metaKey || event.altKey) return;
    const card = grip.closest(".card");
    if (event.key === " " || event.key === "Enter") { if (held) drop(); else take(card); }
    else if (event.key === "Escape" && held) cancel();
    else if (held && event.key.startsWith("Arrow")) carry(card, event.key);
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") step(card, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("focusout", event => {
    if (held && event.relatedTarget && !held.card.contains(event.relatedTarget)) cancel();
  });

  // ---------------------------------------------------------------- pointer

  const marker = document.createElement("li");
  marker.className = "landing";
  marker.setAttribute("aria-hidden", "true");
  let drag = null;

  document.addEventListener("pointerdown", event => {
    const grip = event.target.closest(".grip");
    if (!grip || event.button || !event.isPrimary) return;
    if (held) cancel();
    drag = { card: grip.closest(".card"), x: event.clientX, y: event.clientY, moved: false };
    event.preventDefault(); // no selection of text
    grip.focus({ preventScroll: true });
  });

  document.addEventListener("pointermove", event => {
    if (!drag || !event.isPrimary) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 5) return;
    if (!drag.moved) { drag.moved = true; drag.card.classList.add("lifted"); document.body.classList.add("dragging"); }
    const part = document.elementFromPoint(event.clientX, event.clientY)?.closest(".part[data-free]");
    $$(".part.over").forEach(one => one.classList.toggle("over", one === part));
    if (!part) { marker.remove(); return; }
    part.classList.add("over");
    const before = cards(part).find(one => { const box = one.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; });
    if (before) before.before(marker); else $(".cards", part).append(marker);
    const edge = 70;
    if (event.clientY < edge) scrollBy(0, -18); else if (event.clientY > innerHeight - edge) scrollBy(0, 18);
  });

  function end(dropped) {
    if (!drag) return;
    const { card, moved } = drag, target = marker.isConnected && dropped;
    drag = null;
    card.classList.remove("lifted");
    document.body.classList.remove("dragging");
    $$(".part.over").forEach(one => one.classList.remove("over"));
    const stays = !target || marker.previousElementSibling === card || marker.nextElementSibling === card;
    if (moved && !stays) { marker.replaceWith(card); place(card); }
    else { marker.remove(); if (moved) say(`Left where it was: ${card.dataset.title}.`); }
  }
  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
  document.addEventListener("keydown", event => { if (event.key === "Escape" && drag) end(false); });

  // ---------------------------------------------------------------- letter

  const letter = $("#letter");
  let timer = 0;

  function save() {
    clearTimeout(timer);
    const told = $("#saved");
    if (!unsaved) { told.textContent = "Nothing to save."; return; }
    unsaved = false;
    told.textContent = "Saving …";
    sending = sending.then(async () => {
      try {
        const done = await post(letter.action, new FormData(letter));
        letter.elements.stood.value = done.stood;
        $("#stand").dataset.version = done.version;
        told.textContent = "Saved.";
        await refresh();
      } catch (error) { unsaved = true; told.textContent = error.message; }
    });
  }

  async function preview() {
    const body = new FormData(letter);
    body.delete("stood");
    const answer = await fetch(`${here}/preview`, { method: "POST", body: new URLSearchParams(body) }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"); // cleaned by the desk; parsed here, it runs nothing
    $("#letter-preview").replaceChildren(...document.adoptNode(page.body).childNodes);
  }

  letter?.elements.letter.addEventListener("input", () => {
    unsaved = true;
    clearTimeout(timer);
    timer = setTimeout(() => { save(); preview(); }, 900);
  });
  letter?.elements.letter.addEventListener("blur", () => { if (unsaved) save(); });
  addEventListener("beforeunload", event => { if (unsaved) event.preventDefault(); });

  arm();
})();
