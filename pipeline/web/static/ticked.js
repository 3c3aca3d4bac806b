// Keeps the number on the buttons of a form with boxes; without it, and where none is ticked, they say "those ticked".
"use strict";
for (const form of document.querySelectorAll("form[data-ticked]")) {
  const count = () => {
    const number = form.querySelectorAll("input[type=checkbox]:checked:not(:disabled)").length;
    for (const one of form.querySelectorAll("[data-number]")) one.textContent = String(number);
    for (const one of form.querySelectorAll("[data-without]")) one.hidden = number > 0;
    for (const one of form.querySelectorAll("[data-with]")) one.hidden = number === 0;
    for (const one of form.querySelectorAll(".do button, .do summary")) one.toggleAttribute("disabled", number === 0);
  };
  form.addEventListener("change", count);
  count();
}
