// What hands do beside single keys: swiping on a phone, writing in the edit form, watching the clock of one's minutes.
import { $, press, read } from "./keys.js";

const view = $("#view"), still = matchMedia("(prefers-reduced-motion: reduce)");
const FAR = 88; // px until a swipe counts
let touch = null;

const held = target => target.closest("input, textarea, select, .scroll, .decide, [contenteditable]");

view.addEventListener("pointerdown", event => {
  const paper = event.target.closest(".paper");
  const edge = event.clientX < 24 || event.clientX > innerWidth - 24; // there the system goes back and forth
  touch = paper && event.pointerType !== "mouse" && event.isPrimary && !edge && !held(event.target) ? { paper, x: event.clientX, y: event.clientY, dx: 0 } : null;
});
view.addEventListener("pointermove", event => {
  if (!touch || !event.isPrimary) return;
  const dx = event.clientX - touch.x, dy = event.clientY - touch.y;
  if (!touch.on && Math.abs(dx) < 12) return;
  if (!touch.on && Math.abs(dx) < 1.5 * Math.abs(dy)) { touch = null; return; } // it scrolls
  touch.on = true;
  touch.dx = dx;
  if (!still.matches) touch.paper.style.translate = `${dx}px`;
  view.dataset.swipe = dx > FAR ? "accept" : dx < -FAR ? "reject" : dx > 0 ? "towards-accept" : "towards-reject";
});
function end(event) {
  if (!touch) return;
  const { paper, dx, on } = touch;
  touch = null;
  paper.style.translate = "";
  delete view.dataset.swipe;
  if (!on || event.type === "pointercancel") return;
  if (dx > FAR) press("accept"); else if (dx < -FAR) press("reject");
}
for (const name of ["pointerup", "pointercancel"]) view.addEventListener(name, end);

// The edit form: what is typed is checked against the stored text a moment later; Ctrl+Enter saves, Escape leaves.
let asking = 0, asked = 0;
document.addEventListener("input", event => {
  const form = event.target.closest("[data-edit]") && event.target.form;
  if (!form || !$("[data-check]", form)) return;
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const mine = ++asked;
    try {
      const page = await read(`/desk/items/${form.dataset.id}/check`, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const told = $("[data-check]", page);
      if (told && mine === asked) $("[data-check]", form)?.replaceWith(document.adoptNode(told));
    } catch { /* it is checked again when it is saved */ }
  }, 300);
});
document.addEventListener("keydown", event => {
  const edit = event.target.closest("[data-edit]");
  if (!edit) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); $("button[formaction]", edit)?.click(); }
  else if (event.key === "Escape") { edit.removeAttribute("open"); $("summary", edit)?.focus(); }
});
function first(edit) {
  const field = $(edit.dataset.first ? `[name=${edit.dataset.first}]` : "textarea, input:not([type=hidden])", edit);
  delete edit.dataset.first;
  edit.scrollIntoView({ block: "nearest" });
  field?.focus();
}
document.addEventListener("toggle", event => {
  if (event.target.matches("[data-edit]") && event.target.open) first(event.target);
}, true);

// The minutes that are left, told once a minute to those who listen and shown each second to those who look.
const clock = $("[data-ends]");
function tick() {
  const left = Math.max(0, Math.round(Number(clock.dataset.ends) - Date.now() / 1000));
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  clock.classList.toggle("over", !left);
  if (left) setTimeout(tick, 1000); else $("[data-over]").hidden = false;
}
if (clock) tick();
