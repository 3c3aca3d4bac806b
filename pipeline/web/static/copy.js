"use strict";
// "Copy as HTML": the mail goes to the clipboard as a mail program takes it when it is pasted, with its words beside it for one that takes those alone.
// By the event and not by `navigator.clipboard`, which reads what it is given by the rules of this page and so drops the mail's own style.
(() => {
  const read = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  };
  const put = (html, words) => {
    document.addEventListener("copy", (event) => {
      event.clipboardData.setData("text/html", html);
      event.clipboardData.setData("text/plain", words);
      event.preventDefault();
    }, { once: true });
    if (!document.execCommand("copy")) throw new Error("refused");
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    const told = button.nextElementSibling;
    button.hidden = false;
    button.addEventListener("click", async () => {
      told.value = "Copying …";
      try {
        put(...await Promise.all([read(button.dataset.copy), read(button.dataset.words)]));
        told.value = "Copied. Paste it into a new mail.";
      } catch {
        told.value = "It could not be copied. Open “as it is sent” and copy it there.";
      }
    });
  }
})();
