// What the pages do beyond forms and links. Everything works without it.
"use strict";

// A region that is read again every few seconds stays as it is while nobody sees it, and while somebody is in it: the
// focus, or selected text, would be lost.
function isInUse(region) {
  const selection = document.getSelection();
  const hasSelection = selection && !selection.isCollapsed && region.contains(selection.anchorNode);
  return document.hidden || region.contains(document.activeElement) || hasSelection;
}

let hasEnded = false;

document.addEventListener("htmx:beforeRequest", (event) => {
  const region = event.target;
  if (hasEnded) event.preventDefault();
  if ((region.getAttribute("hx-trigger") || "").includes("every") && isInUse(region)) event.preventDefault();
});

// When the console has ended, another program can listen on its port. It does not know the seal of this page, so nothing
// of its answers gets into the page, and it is not asked again.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("Console-Seal") === document.body.dataset.seal) return;
  event.preventDefault();
  hasEnded = true;
  document.getElementById("status").textContent = "The console of this page has ended, and another program answers at its URL. Close the page.";
});

// A screen reader reads the status again when its text is set, so it is set only when it differs. Another part of a page
// that is read again stays as it is while somebody is in it.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.id !== "status" && isInUse(target)) event.detail.shouldSwap = false;
  if (target.id === "status" && target.textContent.trim() === fragment.textContent.trim()) event.detail.shouldSwap = false;
});

// A page that shows what is otherwise hidden goes back to the page without it after some seconds.
const hiding = document.querySelector("[data-hide-after]");
if (hiding) setTimeout(() => location.replace(hiding.dataset.hideTo), 1000 * Number(hiding.dataset.hideAfter));

// From the pages that the browser keeps in memory for "back" it loads a new one.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "copied"; });
});

// Who ticks a dead letter means the ticked ones.
document.addEventListener("change", (event) => {
  const ticked = event.target.form?.querySelector("#select-ticked");
  if (ticked && event.target.name === "id" && event.target.checked) ticked.checked = true;
});

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][name="${all.dataset.checkAll}"]`)) box.checked = all.checked;
});

// htmx writes the address of the page there, for a history that is switched off.
sessionStorage.clear();
